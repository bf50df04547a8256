// Pseudo: English made strange on purpose, for tests: accented letters, a third longer, between brackets. Arguments, plurals
// and tags stay what they are, so that the page works while every text from a catalogue can be told from one that is not.

const ACCENTS: Readonly<Record<string, string>> = {
  a: 'á',
  c: 'ç',
  e: 'é',
  g: 'ğ',
  i: 'í',
  n: 'ñ',
  o: 'ö',
  s: 'š',
  u: 'ü',
  y: 'ý',
  A: 'Å',
  C: 'Ç',
  E: 'É',
  I: 'Î',
  N: 'Ñ',
  O: 'Ö',
  S: 'Š',
  U: 'Û',
};
const GROWTH = 0.3;
const FILLER = '~';

/** Letters outside braces and tags are accented; inside the branches of a plural or select they are letters again. */
export function pseudoMessage(text: string): string {
  let letters = 0;
  let out = '';
  const isBranching: boolean[] = [];
  for (let i = 0; i < text.length; i++) {
    const char = text[i] ?? '';
    const isCode = isBranching.at(-1) === true;
    if (char === '{') {
      // A brace in words opens an argument; a brace in an argument opens a branch, which holds words.
      isBranching.push(!isCode);
      out += char;
    } else if (char === '}') {
      isBranching.pop();
      out += char;
    } else if (char === '<') {
      const end = text.indexOf('>', i);
      out += text.slice(i, end + 1);
      i = end;
    } else if (isCode) out += char;
    else {
      out += ACCENTS[char] ?? char;
      if (/\p{L}/u.test(char)) letters++;
    }
  }
  return `[${out}${FILLER.repeat(Math.ceil(letters * GROWTH))}]`;
}

export function pseudoCatalogue<Key extends string>(
  english: Readonly<Record<Key, string>>,
): Record<Key, string> {
  const entries = Object.entries<string>(english).map(([key, text]) => [key, pseudoMessage(text)]);
  return Object.fromEntries(entries) as Record<Key, string>;
}
