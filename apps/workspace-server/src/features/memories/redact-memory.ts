// Redact memory: what looks like a credential never reaches the plugin, and text for many cannot pretend to be ours.
// Applied on every way in and, for old rows, on every way out. Applying it twice changes nothing.

import { redactSecrets } from '@molecule/domain';

/** A run that a base64 blob may be: no path, no URL, no hexadecimal digest. */
const BLOB = /(?<![A-Za-z0-9+/_.:-])[A-Za-z0-9+/]{33,}={0,2}(?![A-Za-z0-9+/_.-])/g;
const BLOB_LEAST_BITS = 4.0;
const URL_PASSWORD = /\b([a-z][a-z0-9+.-]{1,20}:\/\/[^\s:/@"']{0,256}):(?!\[REDACTED)[^\s@"'/]{1,512}@/gi;

export function redactMemory(text: string): string {
  return redactSecrets(text)
    .replace(URL_PASSWORD, '$1:[REDACTED:PASSWORD]@')
    .replace(BLOB, (run) => (isBlob(run) ? '[REDACTED:BASE64_BLOB]' : run));
}

function isBlob(run: string): boolean {
  const body = run.replace(/=+$/, '');
  // A digest or an id, alone or with a word in front.
  if (/^(?:[a-z]{0,16})[0-9a-f]{32,}$/i.test(body)) return false;
  // Words joined by slashes are a path.
  if (body.split('/').length > 2 && body.split('/').every((part) => /^[A-Za-z]*\d{0,4}$/.test(part)))
    return false;
  // One long word, or words joined by capitals, as in names of programs.
  if (/^[a-z]+$/i.test(body) && !/[A-Z]{2}[a-z]|[a-z][A-Z][a-z]?[A-Z]/.test(body)) return false;
  return bitsPerCharacter(body) >= BLOB_LEAST_BITS;
}

function bitsPerCharacter(text: string): number {
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / text.length) * Math.log2(count / text.length);
  return bits;
}

const MEMORY_MARK = /\[MEMORY /g;
/** How models are told who speaks; in a memory it is an attempt to speak as somebody else. */
const ROLE_MARKS: readonly (readonly [RegExp, string])[] = [
  [/<\|(?=[a-z_]{1,40}\|>)/gi, '<_|'],
  [/\[(\/?)(INST|SYS)\]/g, '[_$1$2]'],
  [/<<(\/?)SYS>>/g, '<_$1SYS>'],
  [/<(\/?)(system|assistant)(\s[^<>]{0,200})?>/gi, '<_$1$2$3>'],
];

/** For text that others will read: our marks and those of models lose their meaning; the words stay. */
export function defangMemory(text: string): string {
  let out = text.replace(MEMORY_MARK, '[_MEMORY ');
  for (const [pattern, replacement] of ROLE_MARKS) out = out.replace(pattern, replacement);
  return out;
}
