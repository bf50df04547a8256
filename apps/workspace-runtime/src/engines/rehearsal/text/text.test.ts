// Proves the rules of the rehearsal engine's text.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { around, excerpt, lineCounter } from './lines.ts';
import { maskToProse } from './mask.ts';
import { numeralsIn } from './numerals.ts';
import { sentencesOf } from './sentences.ts';
import { showNumber } from './show-number.ts';
import { wordsOf } from './words.ts';

const markdownish = fc
  .array(
    fc.constantFrom(
      '# ',
      '- ',
      '1. ',
      '| a |',
      '```',
      '`x`',
      '[a](b)',
      'https://a.example/b.',
      '\n',
      'Word. ',
      '“',
      '(',
      '*',
    ),
  )
  .map((pieces) => pieces.join(''));

describe('lines', () => {
  it('tells the line of every position as counting the line breaks before it does', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', '\n') }), fc.nat(), (text, seed) => {
        const offset = seed % (text.length + 1);
        expect(lineCounter(text)(offset)).toBe(text.slice(0, offset).split('\n').length);
      }),
    );
  });

  it('cuts an excerpt to its length, on one line', () => {
    expect(excerpt('one\n two   three', 9)).toBe('one two…');
    expect(excerpt('short', 9)).toBe('short');
  });

  it('shows the words around a position without leaving its line or starting inside a word', () => {
    expect(around('line one\nthe offer (see below for it\nlast', 19, 8)).toBe('offer (see bel');
    expect(around('(alone', 0, 20)).toBe('(alone');
  });
});

describe('mask', () => {
  it('keeps the length and the line breaks of any text (M1)', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), markdownish), fc.boolean(), (text, keepHeadings) => {
        const masked = maskToProse(text, { keepHeadings });
        expect(masked.length).toBe(text.length);
        expect([...masked.matchAll(/\n/g)].map((m) => m.index)).toEqual(
          [...text.matchAll(/\n/g)].map((m) => m.index),
        );
      }),
    );
  });

  it('hides code, addresses and marks, and keeps the words', () => {
    const masked = maskToProse('# Title\n- see `code` at https://a.example/x. **Bold** [text](url)');
    expect(masked).not.toMatch(/Title|code|example|\*|url/);
    expect(masked).toMatch(/see .* at .*\. +Bold +text/);
  });
});

describe('words', () => {
  it('holds a word together at apostrophes, hyphens and inner points, and leaves code and addresses out', () => {
    const words = wordsOf(
      "Don't re-read 1,250.5 figures at https://a.example/b\n```\ncode here\n```\nend",
    ).map((w) => w.text);
    expect(words).toEqual(["Don't", 're-read', '1,250.5', 'figures', 'at', 'end']);
  });
});

describe('sentences', () => {
  const texts = (text: string) => sentencesOf(text).map((sentence) => sentence.text);

  it('ends a sentence at a stop before a capital, not at an abbreviation, an initial or a decimal point', () => {
    expect(texts('Dr. J. Smith paid 3.5 pounds, e.g. for tea. He left! Did he? “Yes.” Fine')).toEqual([
      'Dr. J. Smith paid 3.5 pounds, e.g. for tea.',
      'He left!',
      'Did he?',
      '“Yes.”',
      'Fine',
    ]);
  });

  it('reads two list items as two sentences and leaves headings, tables and code out', () => {
    expect(texts('# Head\n\n- first\n- second\n  goes on\n\n| a | b |\n\n```\nno. No.\n```')).toEqual([
      'first',
      'second\n  goes on',
    ]);
  });

  it('gives positions at which the sentence stands in the text', () => {
    const text = 'One here. Two *there*.\n\n> Three. Four.';
    for (const sentence of sentencesOf(text)) {
      expect(maskToProse(text).slice(sentence.offset, sentence.offset + sentence.text.length)).toBe(
        sentence.text,
      );
    }
    expect(sentencesOf(text)).toHaveLength(4);
  });
});

describe('numerals', () => {
  it('reads grouped digits, decimals, currency, percentages and scale words', () => {
    const read = numeralsIn('1,250.5 and £3.2 million, 12%, 40 per cent, 5k but not a1 or 2nd').map((n) => [
      n.value,
      n.kind,
    ]);
    expect(read).toEqual([
      [1250.5, 'number'],
      [3.2e6, 'money'],
      [12, 'percent'],
      [40, 'percent'],
      [5000, 'number'],
    ]);
  });

  it('shows a whole number with groups that reading it undoes', () => {
    fc.assert(
      fc.property(fc.integer(), (value) => {
        expect(Number(showNumber(value).replaceAll(',', ''))).toBe(value);
      }),
    );
    expect(showNumber(12345.6789)).toBe('12,345.6789');
  });
});
