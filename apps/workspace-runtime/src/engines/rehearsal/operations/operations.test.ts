// Proves the rules of the rehearsal engine's operations.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OPERATIONS } from './registry.ts';

const run = (name: keyof typeof OPERATIONS, text: string, options: Record<string, unknown> = {}) =>
  OPERATIONS[name].run(text, options);
const notes = (name: keyof typeof OPERATIONS, text: string, options: Record<string, unknown> = {}) =>
  (run(name, text, options) as { line: number; text: string; note: string }[]).map((f) => [
    f.line,
    f.text,
    f.note,
  ]);

describe('every operation', () => {
  const hostile = [
    '(',
    '.',
    '"',
    'a',
    ' ',
    '\n',
    '|',
    '`',
    '](',
    'a@',
    '1,',
    'A ',
    'the ',
    '* ',
    '](x',
    '1 of 2 ',
    '“',
    '{{',
    '. ',
  ];

  it('answers any text, twice the same (O1)', () => {
    const texts = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(fc.constantFrom(...hostile, '# h\n', '31 June 2025', '50%')).map((p) => p.join('')),
    );
    fc.assert(
      fc.property(texts, (text) => {
        for (const operation of Object.values(OPERATIONS))
          expect(operation.run(text, {})).toEqual(operation.run(text, {}));
      }),
      { numRuns: 150 },
    );
  });

  it.each(hostile)(
    'reads 100,000 characters of %j without its work growing out of hand (O2)',
    (piece) => {
      const text = `${piece.repeat(Math.floor(100_000 / piece.length))}!x`;
      for (const [name, operation] of Object.entries(OPERATIONS)) {
        const startedAtMs = performance.now();
        operation.run(text, {});
        expect(performance.now() - startedAtMs, name).toBeLessThan(3_000);
      }
    },
    60_000,
  );

  it('says in one sentence what it does', () => {
    for (const operation of Object.values(OPERATIONS))
      expect(operation.about).toMatch(/^[A-Z].{10,100}[^.]$/);
  });
});

describe('counting', () => {
  it('counts characters, words, sentences, paragraphs and lines', () => {
    expect(run('count', '# Title here\n\nOne two. Three four!\n\nFive 👍')).toEqual({
      characters: 42,
      words: 7,
      sentences: 3,
      paragraphs: 2,
      lines: 5,
      reading_minutes: 0,
    });
    expect(run('count', '')).toMatchObject({
      characters: 0,
      words: 0,
      sentences: 0,
      paragraphs: 0,
      lines: 0,
    });
  });

  it('adds words of two texts when they are joined by a blank line', () => {
    const words = (text: string) => (run('count', text) as { words: number }).words;
    const prose = fc.array(fc.constantFrom('tree', 'house', 'in', 'a', '12')).map((list) => list.join(' '));
    fc.assert(
      fc.property(prose, prose, (a, b) => {
        expect(words(`${a}\n\n${b}`)).toBe(words(a) + words(b));
      }),
    );
  });

  it('lists paragraphs and sentences with their lines', () => {
    const text = '# T\n\nOne. Two.\n\nThree.';
    expect(run('paragraphs', text)).toEqual([
      { line: 3, text: 'One. Two.' },
      { line: 5, text: 'Three.' },
    ]);
    expect(run('sentences', text)).toEqual([
      { line: 3, text: 'One.' },
      { line: 3, text: 'Two.' },
      { line: 5, text: 'Three.' },
    ]);
  });
});

describe('readability', () => {
  it('scores a plain English text by the Flesch formulas', () => {
    // 6 words, 1 sentence, 6 syllables: 206.835 - 1.015 * 6 - 84.6 = 116.1; 0.39 * 6 + 11.8 - 15.59 = -1.45
    expect(run('readability', 'The cat sat on the mat.')).toEqual({
      applies: true,
      ease: 116.1,
      band: 'very easy',
      grade: -1.4,
      words_per_sentence: 6,
      syllables_per_word: 1,
    });
  });

  it('does not score a text that is not English, or that has no sentences', () => {
    const german = 'Der Hund läuft schnell durch den großen Wald und bellt dabei laut.';
    expect(run('readability', german)).toMatchObject({
      applies: false,
      reason: expect.stringContaining('English'),
    });
    expect(run('readability', '| a | b |')).toMatchObject({
      applies: false,
      reason: expect.stringContaining('no sentences'),
    });
    expect(run('is_english', german)).toBe(false);
    expect(run('is_english', 'This is one of the texts that we have.')).toBe(true);
  });
});

describe('terms and summary', () => {
  it('counts terms without stop words, folds plurals, and breaks ties by first appearance', () => {
    const text = 'The ferry and the ferries.\nBoats: a boat is not the boat of ferry.';
    expect(run('frequent_terms', text, { least: 2 })).toEqual([
      { term: 'boat', times: 3, first_line: 2 },
      { term: 'ferry', times: 2, first_line: 1 },
    ]);
  });

  it('chooses sentences as they stand, in the order of the text', () => {
    const text =
      'Nothing much here to say. The ferry ran to the harbour. A cat slept on a warm roof. The ferry left the harbour.';
    expect(run('summary', text, { sentences: 2 })).toEqual([
      { line: 1, text: 'The ferry ran to the harbour.' },
      { line: 1, text: 'The ferry left the harbour.' },
    ]);
  });

  it('never invents a sentence', () => {
    const prose = fc
      .array(fc.constantFrom('Ferry boats run late today.', 'A *big* harbour [opens](x) now.', '\n\n'))
      .map((p) => p.join(' '));
    fc.assert(
      fc.property(prose, (text) => {
        for (const { text: sentence } of run('summary', text) as { text: string }[])
          expect(text).toContain(sentence);
      }),
    );
  });
});

describe('patterns', () => {
  const text =
    'Anna Lindqvist wrote to a.b@c.example on 3 March 2025.\nSee http://x.example/y, “a word” and 12% of £40.';

  it('lists dates with their ISO day, and numbers outside dates and addresses', () => {
    expect(notes('dates', text)).toEqual([[1, '3 March 2025', '2025-03-03']]);
    expect(notes('numbers', `${text}\n1. http://x.example/99`)).toEqual([
      [2, '12%', 'percent'],
      [2, '£40', 'money'],
    ]);
  });

  it('lists addresses without the punctuation that follows them', () => {
    expect(notes('urls', text)).toEqual([[2, 'http://x.example/y', 'not https']]);
    expect(notes('emails', `${text} Or d@e.example.`)).toEqual([
      [1, 'a.b@c.example', ''],
      [2, 'd@e.example', ''],
    ]);
  });

  it('lists quotations and capitalised names, without the article or a month', () => {
    expect(notes('quotations', text)).toEqual([[2, 'a word', '']]);
    expect(run('names', `${text} The Harbour Office and Anna Lindqvist met. In March Paris waited.`)).toEqual(
      [
        { name: 'Anna Lindqvist', times: 2, first_line: 1 },
        { name: 'Harbour Office', times: 1, first_line: 2 },
      ],
    );
  });

  it('finds the sentences that can be verified', () => {
    expect(run('checkable_sentences', 'It is nice. It cost 5 pounds. “So be it,” she said.')).toEqual([
      { line: 1, text: 'It cost 5 pounds.' },
      { line: 1, text: '“So be it,” she said.' },
    ]);
  });
});

describe('date problems', () => {
  it('reports wrong weekdays, days that do not exist and ambiguous dates, and nothing else', () => {
    expect(
      notes(
        'date_problems',
        'On Monday, 3 March 2025.\nOn Friday, 14 June 2025, 31 June 2025 and 05/06/2025.',
      ),
    ).toEqual([
      [2, 'Friday, 14 June 2025', '2025-06-14 was or will be a Saturday, not a Friday'],
      [2, '31 June 2025', 'June 2025 has 30 days, so there is no day 31'],
      [2, '05/06/2025', 'day and month can be read either way; write the month as a word'],
    ]);
  });
});

describe('arithmetic', () => {
  const check = (text: string) =>
    run('arithmetic', text) as { checked: number; right: number; problems: { note: string }[] };

  it('accepts every percentage that is the true one, rounded as written (A1)', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 9999 }),
        fc.integer({ min: 1, max: 9999 }),
        fc.integer({ min: 0, max: 2 }),
        (part, more, decimals) => {
          const whole = part + more;
          const percent = ((100 * part) / whole).toFixed(decimals);
          expect(check(`In all, ${part} of ${whole} people (${percent}%) came.`)).toMatchObject({
            checked: 1,
            right: 1,
          });
        },
      ),
    );
  });

  it('reports every percentage that is off by more than rounding', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 2, max: 30 }), (part, off) => {
        expect(check(`In all, ${part} of 100 people (${part + off}%) came.`).problems).toHaveLength(1);
      }),
    );
  });

  it('does changes and shares in both orders again', () => {
    expect(check('It rose from 1,200 to 1,500 a week, an increase of 20%.').problems).toMatchObject([
      { note: 'from 1,200 to 1,500 is a change of 25%, not 20%' },
    ]);
    expect(check('It fell from 80 to 60, down 25 per cent. 25% (3 of 12) stayed.')).toEqual({
      checked: 2,
      right: 2,
      problems: [],
    });
  });

  it.each([
    'From 2019 to 2023 there was an increase of 12%.',
    'It went from 3 million to 5 million, an increase of 12%.',
    'From 40 to 52 members, 90% of them new.',
    '3 of 12 members, 50% of them women.',
    'It grew from 3.5 to 4, up 9%.',
    '0 of 0 (5%)',
  ])('does not judge what can be read in two ways: %s (A2)', (text) => {
    expect(check(text)).toEqual({ checked: 0, right: 0, problems: [] });
  });

  it('adds up the columns of a table that has a total', () => {
    const table = (total: string) =>
      `| Month | Count | Note |\n| --- | --- | --- |\n| A | 1,000 | x |\n| B | 250.5 | y |\n| **Total** | ${total} | |`;
    expect(check(table('1,250.5'))).toEqual({ checked: 1, right: 1, problems: [] });
    expect(check(table('1,350.5')).problems).toMatchObject([
      { line: 5, note: 'the rows of “Count” add up to 1,250.5, not 1,350.5' },
    ]);
    expect(check('| Total | 5 |')).toMatchObject({ checked: 0 });
  });

  it('hints at three percentages in a sentence that nearly make a whole', () => {
    expect(check('52% said time, 31% cost and 20% comfort.').problems).toMatchObject([
      { note: 'these add up to 103%, if they are parts of one whole' },
    ]);
    expect(check('33.3%, 33.3% and 33.3%. Then 10%, 20% and 30%.').problems).toEqual([]);
  });
});

describe('wording', () => {
  it('finds repeated words, also across a line break, not across list items or hidden code', () => {
    expect(notes('repeated_words', 'It is the\nthe end.\n- end\n- end\nthe `x` the')).toEqual([
      [1, 'the the', 'the same word twice'],
    ]);
  });

  it('hints at the passive voice', () => {
    expect(
      notes('passive_hints', 'It was quietly approved. She approved it. It is not known.').map(
        ([, text]) => text,
      ),
    ).toEqual(['was quietly approved', 'is not known']);
  });

  it('offers the shorter form of wordy phrases', () => {
    expect(notes('wordy_phrases', 'We met in\norder to talk.')).toEqual([[1, 'in order to', 'try “to”']]);
  });

  it('asks who stands behind a vague claim', () => {
    expect(notes('vague_claims', 'Studies show it.')).toEqual([[1, 'Studies show', 'who says so?']]);
  });

  it('finds sentences longer than the limit, and none at the limit', () => {
    const text = 'One two three four five. One two three four five six.';
    expect(notes('long_sentences', text, { words: 5 })).toEqual([
      [1, 'One two three four five six.', '6 words'],
    ]);
  });

  it('finds doubled blanks and blanks before punctuation, not in code', () => {
    expect(
      notes('spacing', 'Two  blanks, one , here\n```\na  b\n```').map(([line, , note]) => [line, note]),
    ).toEqual([
      [1, 'two blanks'],
      [1, 'a blank before a punctuation mark'],
    ]);
  });

  it('notices two spellings of one word, and only when both stand', () => {
    expect(notes('mixed_spellings', 'The organisation.\nAn organization in colour.')).toEqual([
      [2, 'organization', 'line 1 has “organisation”; choose one spelling'],
    ]);
  });
});

describe('structure', () => {
  const text =
    '# Top\n\nIntro [site](https://a.example "t").\n\n### Deep ###\n\nBody text.\n\n```\n# no heading\n```';

  it('lists headings, links, sections and the title', () => {
    expect(run('headings', text)).toEqual([
      { line: 1, level: 1, text: 'Top' },
      { line: 5, level: 3, text: 'Deep' },
    ]);
    expect(notes('heading_problems', text)).toEqual([[5, 'Deep', 'goes from level 1 to level 3']]);
    expect(notes('links', text)).toEqual([[3, 'site', 'https://a.example']]);
    expect(run('sections', 'Before.\n# One\nA b.\n## Two\nC.')).toEqual([
      { line: 0, heading: '', words: 1, text: 'Before.' },
      { line: 2, heading: 'One', words: 2, text: 'A b.' },
      { line: 4, heading: 'Two', words: 1, text: 'C.' },
    ]);
    expect(run('title', text)).toBe('Top');
    expect(run('title', '\n\nNo heading, but words.')).toBe('No heading, but words.');
  });

  it('lists acronyms that are never explained', () => {
    expect(
      notes(
        'undefined_acronyms',
        'The Port Authority (PA) and the SOG met the EU.\nSOG again; MCA (Maritime Agency) too.',
      ),
    ).toEqual([[1, 'SOG', 'used 2 times, never explained']]);
  });

  it('finds brackets and quotes without a partner, and never in what is balanced', () => {
    expect(
      notes('unbalanced', 'a) first (point\n\nsecond] and "third').map(([line, , note]) => [line, note]),
    ).toEqual([
      [1, '( is opened and not closed'],
      [3, '] is closed and was not opened'],
      [3, '" has no partner in its paragraph'],
    ]);
    const balanced = fc.letrec<{ text: string }>((tie) => ({
      text: fc.oneof(
        { maxDepth: 4 },
        fc.constant('word '),
        fc
          .tuple(fc.constantFrom('()', '[]', '{}', '“”'), fc.array(tie('text'), { maxLength: 3 }))
          .map(([pair, inner]) => `${pair[0]}${inner.join('')}${pair[1]}`),
      ),
    })).text;
    fc.assert(
      fc.property(balanced, (written) => {
        expect(run('unbalanced', `xxxx ${written}`)).toEqual([]);
      }),
    );
  });
});

describe('checksum', () => {
  it('is the SHA-256 of the UTF-8 text', () => {
    expect(run('checksum', 'abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });
});
