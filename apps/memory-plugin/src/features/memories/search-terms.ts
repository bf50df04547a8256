// Search terms: the words of a text as the index holds them, in any language and without help from the database.
//
//   T1. A query and a content are read by the same rules: case, accents and width do not matter.
//   T2. Scripts that are written without spaces become pairs of neighbouring characters.
//   T3. Whatever stands in a text, terms hold letters, digits, marks and underscores only: they cannot leave a literal.

const WORD = /[\p{L}\p{N}\p{M}_]+/gu;
const UNSPACED =
  /[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Thai}\p{scx=Lao}\p{scx=Khmer}\p{scx=Myanmar}]+/gu;
/** Accents of Latin, Greek and Cyrillic; vowel signs of other scripts are letters to those who read them. */
const ACCENTS = /[\u0300-\u036f]/g;
const TERM_CHARS = 128;
const QUERY_GROUPS = 32;
/** What a tsvector keeps of one word. */
const POSITIONS_MAX = 255;
const LAST_POSITION = 16_383;
const PREFIX_CHARS = 3;

/** Terms in the order of the text; the terms of one inner list follow each other without a space between them. */
export function termGroups(text: string): string[][] {
  const folded = text.normalize('NFKD').replace(ACCENTS, '').normalize('NFC').toLowerCase();
  return [...folded.matchAll(WORD)].flatMap(([run]) => splitRun(run));
}

function splitRun(run: string): string[][] {
  const groups: string[][] = [];
  let end = 0;
  for (const match of run.matchAll(UNSPACED)) {
    if (match.index > end) groups.push([cut(run.slice(end, match.index))]);
    groups.push(pairs([...match[0]]));
    end = match.index + match[0].length;
  }
  if (end < run.length) groups.push([cut(run.slice(end))]);
  return groups;
}

function cut(word: string): string {
  return word.length <= TERM_CHARS ? word : [...word].slice(0, TERM_CHARS).join('');
}

function pairs(characters: string[]): string[] {
  if (characters.length === 1) return characters;
  return characters.slice(0, -1).map((character, i) => character + characters[i + 1]);
}

/** The text of a tsvector. */
export function indexText(content: string): string {
  const positions = new Map<string, number[]>();
  let position = 0;
  for (const group of termGroups(content)) {
    for (const term of group) {
      position = Math.min(position + 1, LAST_POSITION);
      const known = positions.get(term);
      if (!known) positions.set(term, [position]);
      else if (known.length < POSITIONS_MAX && known.at(-1) !== position) known.push(position);
    }
  }
  return [...positions].map(([term, at]) => `'${term}':${at.join(',')}`).join(' ');
}

export interface QueryTexts {
  /** Texts of tsqueries: every word; every word, also as the beginning of one; any of the words. */
  all: string;
  prefixes: string;
  any: string;
  /** How many words a row must hold to be found by `any`; null where that would find too much. */
  leastOfAny: number | null;
  /** Each word as a tsquery. */
  words: string[];
}

/** Null when the query holds no word. Words in double quotes must follow each other. */
export function queryTexts(query: string): QueryTexts | null {
  const parts = query.split('"').flatMap((part, i) => {
    const groups = termGroups(part);
    return i % 2 === 1 && groups.length > 0 ? [groups.flat()] : groups;
  });
  const groups = [...new Map(parts.map((group) => [group.join(' '), group])).values()].slice(0, QUERY_GROUPS);
  if (groups.length === 0) return null;
  const words = groups.map((group) => phrase(group, false));
  return {
    all: words.join(' & '),
    prefixes: groups.map((group) => phrase(group, true)).join(' & '),
    any: words.join(' | '),
    leastOfAny: groups.length < 4 ? null : Math.max(2, Math.ceil(groups.length / 3)),
    words,
  };
}

function phrase(group: string[], isPrefix: boolean): string {
  const last = group.length - 1;
  const text = group
    .map((term, i) => {
      const isOpen = isPrefix && i === last && (group.length === 1 ? isWorthPrefix(term) : true);
      return `'${term}'${isOpen ? ':*' : ''}`;
    })
    .join(' <-> ');
  return group.length === 1 ? text : `(${text})`;
}

/** A single character of an unspaced script begins the pairs that it stands in. */
function isWorthPrefix(term: string): boolean {
  return term.length >= PREFIX_CHARS || new RegExp(UNSPACED.source, 'u').test(term);
}

/** A query of one character is looked for as it stands, in either case. */
export function singleCharacter(query: string): string[] | null {
  const trimmed = query.trim();
  if ([...trimmed].length !== 1) return null;
  return [...new Set([trimmed, trimmed.toLowerCase(), trimmed.toUpperCase()])];
}
