// Sentences: splits the prose of a text. A rule of thumb for English-like punctuation, not a grammar.

import type { Located } from './lines.ts';
import { ITEM_START, maskToProse } from './mask.ts';
import { wordsIn } from './words.ts';

const ABBREVIATIONS = new Set(
  'mr mrs ms dr prof st no vs e.g i.e etc cf al fig jan feb mar apr jun jul aug sep sept oct nov dec inc ltd co approx dept est p pp'.split(
    ' ',
  ),
);
const END = /(?<![.!?…])[.!?…]{1,8}["'”’)\]]{0,4}(?=\s|$)/g;

/** The sentences of the prose of `text` (headings, tables, code and addresses left out), each with its position. */
export function sentencesOf(text: string): Located[] {
  return blocksOf(maskToProse(text)).flatMap(splitBlock);
}

/** Runs of lines that belong together: a paragraph, or one list item. */
export function blocksOf(prose: string): Located[] {
  const blocks: Located[] = [];
  let offset = 0;
  let open: Located | null = null;
  for (const line of prose.split('\n')) {
    const isBlank = line.trim() === '';
    const isItem = line.startsWith(ITEM_START);
    if (open && (isItem || isBlank)) {
      blocks.push(open);
      open = null;
    }
    const plain = isItem ? ` ${line.slice(1)}` : line;
    if (!isBlank) open = joined(open, plain, offset);
    offset += line.length + 1;
  }
  if (open) blocks.push(open);
  return blocks;
}

function joined(open: Located | null, line: string, offset: number): Located {
  return open ? { text: `${open.text}\n${line}`, offset: open.offset } : { text: line, offset };
}

function splitBlock(block: Located): Located[] {
  const found: Located[] = [];
  let start = 0;
  const close = (end: number) => {
    const piece = trimmed(block, start, end);
    if (wordsIn(piece.text).length > 0) found.push(piece);
    start = end;
  };
  for (const match of block.text.matchAll(END)) {
    const end = match.index + match[0].length;
    if (endsSentence(block.text, match.index, end, match[0])) close(end);
  }
  close(block.text.length);
  return found;
}

function endsSentence(text: string, at: number, end: number, mark: string): boolean {
  if (!/^[.…]/.test(mark)) return true;
  const before = /[\p{L}.]+$/u.exec(text.slice(Math.max(0, at - 20), at))?.[0] ?? '';
  const next = /\S/.exec(text.slice(end, end + 200))?.[0] ?? '';
  if (next !== '' && /\p{Ll}/u.test(next)) return false;
  if (mark[0] === '.' && /^\p{Lu}$/u.test(before)) return false;
  return !ABBREVIATIONS.has(before.toLowerCase()) || next === '';
}

function trimmed(block: Located, start: number, end: number): Located {
  const raw = block.text.slice(start, end);
  const lead = raw.length - raw.trimStart().length;
  return { text: raw.trim(), offset: block.offset + start + lead };
}
