// Secrets: no credential is ever part of the repository. Known shapes of others' keys, and our own tokens by their checksum.
// Tests that need something of such a shape put it together at run time.

import { looksLikeToken } from '@molecule/domain';
import type { Gate, Violation } from './gate.ts';
import { listFiles, readText } from './repository-files.ts';

const SHAPES: readonly { kind: string; pattern: RegExp }[] = [
  { kind: 'an AWS access key', pattern: /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/g },
  {
    kind: 'an AWS secret key',
    pattern: /aws_?secret_?access_?key["']?\s*[:=]\s*["']?[A-Za-z0-9/+=]{40}\b/gi,
  },
  { kind: 'a GitHub token', pattern: /\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{60,})\b/g },
  { kind: 'a GitLab token', pattern: /\bglpat-[A-Za-z0-9_-]{20,}\b/g },
  { kind: 'a Slack token', pattern: /\bxox[abeoprs]-[A-Za-z0-9-]{20,}\b/g },
  {
    kind: 'a Slack webhook',
    pattern: /hooks\.slack\.com\/services\/T[A-Z0-9]{6,}\/B[A-Z0-9]{6,}\/[A-Za-z0-9]{20,}/g,
  },
  {
    kind: 'an API key of a model provider',
    pattern: /\bsk-(?:ant-|proj-|or-|svcacct-)?[A-Za-z0-9_-]{24,}\b/g,
  },
  { kind: 'a Google API key', pattern: /\bAIza[A-Za-z0-9_-]{35}\b/g },
  {
    kind: 'a Stripe key',
    pattern: /\b(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{20,}\b|\bwhsec_[A-Za-z0-9]{24,}\b/g,
  },
  { kind: 'an npm token', pattern: /\bnpm_[A-Za-z0-9]{36}\b/g },
  { kind: 'a private key', pattern: /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----/g },
  {
    kind: 'a JSON web token',
    pattern: /\beyJ[A-Za-z0-9_-]{16,}\.eyJ[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{20,}/g,
  },
  {
    kind: 'a password in a URL',
    pattern:
      /\b(?:postgres(?:ql)?|rediss?|mysql|amqps?|mongodb(?:\+srv)?):\/\/[^\s:/@'"`$]+:([^\s/@'"`$]{3,})@/g,
  },
];

/** Passwords that say themselves that they are examples. */
const EXAMPLE_PASSWORDS = new Set([
  'password',
  'secret',
  'example',
  'changeme',
  'postgres',
  'pass',
  'canary',
]);

const OUR_TOKEN = /(?<![A-Za-z0-9_-])[A-Za-z0-9_-]{43}_[a-z][0-9A-Za-z]{6}(?![A-Za-z0-9_-])/g;

/** A run of one character, of the alphabet or of digits, or the words of an example, is nobody's key. */
const isObviousExample = (text: string): boolean =>
  /(.)\1{9,}|example|placeholder|x{6,}|\.\.\./i.test(text) || longestCount(text) >= COUNTED_CHARACTERS;

/** Nine neighbours in a row, as in `abcdefghi` or `123456789`, come by chance in one key of 10^13. */
const COUNTED_CHARACTERS = 9;

function longestCount(text: string): number {
  let longest = 1;
  let current = 1;
  for (let i = 1; i < text.length; i++) {
    current = text.charCodeAt(i) === text.charCodeAt(i - 1) + 1 ? current + 1 : 1;
    longest = Math.max(longest, current);
  }
  return longest;
}

export const secrets: Gate = {
  name: 'no secret is in the repository',
  find(root) {
    return listFiles(root).flatMap((path) => findSecrets(path, readText(root, path) ?? ''));
  },
};

export function findSecrets(path: string, text: string): Violation[] {
  const found: Violation[] = [];
  const report = (index: number, kind: string) =>
    found.push({ path, line: text.slice(0, index).split('\n').length, message: `looks like ${kind}` });
  for (const { kind, pattern } of SHAPES) {
    for (const match of text.matchAll(pattern)) {
      const isExample = match[1] === undefined ? isObviousExample(match[0]) : EXAMPLE_PASSWORDS.has(match[1]);
      if (!isExample) report(match.index, kind);
    }
  }
  for (const match of text.matchAll(OUR_TOKEN))
    if (looksLikeToken(match[0])) report(match.index, 'a token of ours');
  return found;
}
