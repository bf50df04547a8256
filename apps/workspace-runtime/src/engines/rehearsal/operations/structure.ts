// Structure: headings, links, acronyms, and brackets that do not match: how a Markdown text holds together.

import { around, excerpt, lineCounter } from '../text/lines.ts';
import { maskToProse } from '../text/mask.ts';
import { wordsOf } from '../text/words.ts';
import type { Finding, Value } from './operation.ts';

const HEADING = /^ {0,3}(#{1,6})\s+(\S.*)$/;
const LINK = /(!?)\[([^[\]\n]{0,500})\]\(([^()\s]{1,2000})(?:\s"[^"\n]{0,200}")?\)/g;
const ACRONYM = /(?<![\p{L}\p{N}])[A-Z]{2,6}(?=s?(?![\p{L}\p{N}]))/gu;
const WELL_KNOWN = new Set(
  'AM BBC CEO CD DVD EU FAQ GPS HTML HTTP HTTPS ID II III IT IV NATO OK PDF PM TV UK UN URL US USA VAT'.split(
    ' ',
  ),
);
const PAIRS: Readonly<Record<string, string>> = { ')': '(', ']': '[', '}': '{', '”': '“' };

export function headingsOf(text: string): { line: number; level: number; text: string }[] {
  let isInFence = false;
  return text.split('\n').flatMap((line, index) => {
    if (/^\s{0,3}(?:```|~~~)/.test(line)) isInFence = !isInFence;
    const match = isInFence ? null : HEADING.exec(line);
    return match ? [{ line: index + 1, level: match[1]!.length, text: headingText(match[2]!) }] : [];
  });
}

/** Headings that skip a level on the way down. */
export function headingProblems(text: string): Finding[] {
  const headings = headingsOf(text);
  return headings.flatMap((heading, index) => {
    const above = headings[index - 1];
    if (!above || heading.level <= above.level + 1) return [];
    return [
      {
        line: heading.line,
        text: heading.text,
        note: `goes from level ${above.level} to level ${heading.level}`,
      },
    ];
  });
}

export function linksOf(text: string): Finding[] {
  const lineAt = lineCounter(text);
  return Array.from(text.matchAll(LINK), (match) => ({
    line: lineAt(match.index),
    text: excerpt(match[2]!, 100),
    note: match[3]!,
  }));
}

/** The parts of a text under their headings, with their length. */
export function sectionsOf(text: string): Value {
  const lines = text.split('\n');
  const headings = headingsOf(text);
  const starts = headings.map((heading) => heading.line);
  return [{ line: 0, level: 0, text: '' }, ...headings].flatMap((heading, index) => {
    const body = lines.slice(heading.line, (starts[index] ?? lines.length + 1) - 1).join('\n');
    if (heading.line === 0 && body.trim() === '') return [];
    return [{ line: heading.line, heading: heading.text, words: wordsOf(body).length, text: body.trim() }];
  });
}

/** The first heading, or the start of the first line that has a word. */
export function titleOf(text: string): string {
  const heading = headingsOf(text)[0]?.text;
  return excerpt(heading ?? text.split('\n').find((line) => /[\p{L}\p{N}]/u.test(line)) ?? '', 80);
}

/** Acronyms that are neither well known nor explained by brackets anywhere in the text. */
export function undefinedAcronyms(text: string): Finding[] {
  const lineAt = lineCounter(text);
  const prose = maskToProse(text, { keepHeadings: true });
  const found = new Map<string, { times: number; first_line: number }>();
  for (const match of prose.matchAll(ACRONYM)) {
    const known = found.get(match[0]);
    if (known) known.times++;
    else found.set(match[0], { times: 1, first_line: lineAt(match.index) });
  }
  return Array.from(found, ([text, { times, first_line }]) => ({
    line: first_line,
    text,
    note: `used ${times === 1 ? 'once' : `${times} times`}, never explained`,
  })).filter(
    ({ text }) => !WELL_KNOWN.has(text) && !prose.includes(`(${text})`) && !prose.includes(`${text} (`),
  );
}

/** Brackets and quotation marks that open or close alone. Straight quotes are counted by paragraph. */
export function unbalancedMarks(text: string): Finding[] {
  const lineAt = lineCounter(text);
  const prose = maskToProse(text, { keepHeadings: true }).replace(/(^|\n)([ \t]*\w{1,3})\)/g, '$1$2 ');
  return [...unmatchedBrackets(prose), ...oddQuotes(prose)]
    .sort((a, b) => a.offset - b.offset)
    .map(({ offset, mark, note }) => ({
      line: lineAt(offset),
      text: around(text, offset, 30),
      note: `${mark} ${note}`,
    }));
}

interface LoneMark {
  offset: number;
  mark: string;
  note: string;
}

function unmatchedBrackets(prose: string): LoneMark[] {
  const open: LoneMark[] = [];
  const lone: LoneMark[] = [];
  for (const match of prose.matchAll(/[()[\]{}“”]|\n\s*\n/g)) {
    const mark = match[0];
    const partner = PAIRS[mark];
    if (mark.startsWith('\n')) lone.push(...open.splice(0));
    else if (partner === undefined)
      open.push({ offset: match.index, mark, note: 'is opened and not closed' });
    else if (open.at(-1)?.mark === partner) open.pop();
    else lone.push({ offset: match.index, mark, note: 'is closed and was not opened' });
  }
  return [...lone, ...open];
}

function oddQuotes(prose: string): LoneMark[] {
  let offset = 0;
  return prose.split(/(\n\s*\n)/).flatMap((block) => {
    const start = offset;
    offset += block.length;
    const quotes = [...block.matchAll(/"/g)];
    const last = quotes.at(-1);
    return last && quotes.length % 2 === 1
      ? [{ offset: start + last.index, mark: '"', note: 'has no partner in its paragraph' }]
      : [];
  });
}

function headingText(raw: string): string {
  return raw
    .replace(/\s#{1,6}\s*$/, '')
    .replace(/[*_`]/g, '')
    .trim();
}
