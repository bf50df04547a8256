// The words of texts and queries, in many scripts, and that nothing leaves its literal.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { indexText, queryTexts, singleCharacter, termGroups } from './search-terms.ts';

describe('terms', () => {
  it.each([
    ['Deploys on Friday', [['deploys'], ['on'], ['friday']]],
    ['Café CAFÉ cafe\u0301', [['cafe'], ['cafe'], ['cafe']]],
    ['Ｗｉｄｅ', [['wide']]],
    ['東京都', [['東京', '京都']]],
    ['v2東京ok', [['v2'], ['東京'], ['ok']]],
    ['東', [['東']]],
    ['हिन्दी', [['हिन्दी']]],
    ['Ελλάδα', [['ελλαδα']]],
    ['a-b_c.d', [['a'], ['b_c'], ['d']]],
    ["'; drop table memories; --", [['drop'], ['table'], ['memories']]],
    ['!?…', []],
  ])('of %j', (text, groups) => {
    expect(termGroups(text)).toEqual(groups);
  });

  it('hold no character that ends a literal, whatever the text (T3)', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        for (const term of termGroups(text).flat()) expect(term).toMatch(/^[\p{L}\p{N}\p{M}_]+$/u);
      }),
    );
  });

  it('of a content keep their places, and words that come back are written once', () => {
    expect(indexText('to be or not to be')).toBe("'to':1,5 'be':2,6 'or':3 'not':4");
  });
});

describe('a query', () => {
  it('asks for all its words, then for words that begin so', () => {
    expect(queryTexts('Fix the deploy')).toMatchObject({
      all: "'fix' & 'the' & 'deploy'",
      prefixes: "'fix':* & 'the':* & 'deploy':*",
      leastOfAny: null,
    });
  });

  it('keeps words in quotes and characters of unspaced scripts together', () => {
    expect(queryTexts('"blue green" 東京都')?.all).toBe("('blue' <-> 'green') & ('東京' <-> '京都')");
    expect(queryTexts('東')?.prefixes).toBe("'東':*");
  });

  it('without a word is none', () => {
    expect(queryTexts(' "" -- ')).toBeNull();
  });

  it('of one character is looked for in either case', () => {
    expect(singleCharacter(' é ')).toEqual(['é', 'É']);
    expect(singleCharacter('ab')).toBeNull();
  });
});
