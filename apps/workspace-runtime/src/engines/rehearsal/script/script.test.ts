// Proves the rules of the rehearsal engine's script.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Value } from '../operations/operation.ts';
import { readBlock, writeBlock } from './blocks.ts';
import { holds, parseCondition } from './condition.ts';
import { FILTERS } from './filters.ts';
import { editDistance, nearest } from './nearest.ts';
import { parseScript } from './parse-script.ts';
import { SCRIPT_BOUNDS } from './schema.ts';
import { isEmpty, readPath } from './scope.ts';
import { parseTemplate, renderTemplate } from './template.ts';

const render = (template: string, values: Record<string, Value>) =>
  renderTemplate(parseTemplate(template), new Map(Object.entries(values)));
/** JSON without nulls: what operations answer. */
const jsonValue = fc.json().map((json) => JSON.parse(json, (_, value: unknown) => value ?? '') as Value);

describe('blocks', () => {
  it('reads back unchanged what was written, whatever it contains and whatever stands around it (B1)', () => {
    const line = fc.oneof(
      fc.string(),
      fc.constantFrom(
        '--- begin document ---',
        '--- end document ---',
        '\\--- end document ---',
        '\\\\--- begin document ---',
        '',
      ),
    );
    const text = fc.array(line).map((lines) => lines.join('\n'));
    fc.assert(
      fc.property(text, text, (document, other) => {
        const message = `Do this.\n\n${writeBlock('reports', other)}\n\n${writeBlock('document', document)}\nThanks.`;
        expect(readBlock('document', message)).toBe(document);
        expect(readBlock('reports', message)).toBe(other);
      }),
    );
  });

  it('finds nothing where a block is missing or never closed', () => {
    expect(readBlock('document', 'no block')).toBeNull();
    expect(readBlock('document', '--- begin document ---\ntext')).toBeNull();
  });
});

describe('templates', () => {
  it('shows values by path, and nothing where no value stands', () => {
    expect(
      render('{{ a.b }}, {{ list.1 }}, {{ n }}, {{ ok }}[{{ a.x.y }}]', {
        a: { b: 'B' },
        list: ['x', 'y'],
        n: 12345,
        ok: true,
      }),
    ).toBe('B, y, 12,345, yes[]');
  });

  it('never reads a value again, so that a text can not inject a placeholder', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.constant('{{ secret }}')), (text) => {
        expect(render('<{{ text }}>', { text, secret: 'S3CRET' })).toBe(`<${text}>`);
      }),
    );
  });

  it('reaches own properties only', () => {
    expect(render('{{ a.constructor }}{{ a.__proto__ }}{{ list.length }}', { a: {}, list: [] })).toBe('0');
    expect(readPath(new Map([['a', 'text']]), ['a', 'length'])).toBeNull();
  });

  it.each([
    ['{{ open', '"{{" is never closed: add "}}" after "{{ open"'],
    ['{{ 1 + 1 }}', '"{{ 1 + 1 }}" needs a name such as "document" or "count.words" first'],
    ['{{ a | shout }}', '"shout" is no filter; the filters are block, bullets'],
    ['{{ a | first }}', '"first": write first: 10'],
    ['{{ a | join: x }}', '"join: x": arguments are whole numbers or "quoted texts", with commas'],
  ])('refuses %s with the fix', (source, problem) => {
    expect(() => parseTemplate(source)).toThrow(problem);
  });

  it('passes any text without braces through unchanged', () => {
    fc.assert(
      fc.property(
        fc.string().filter((text) => !text.includes('{{')),
        (text) => {
          expect(render(text, {})).toBe(text);
        },
      ),
    );
  });
});

describe('filters', () => {
  it('answer any value without throwing', () => {
    const args: Record<string, (string | number)[]> = {
      plural: ['a', 'b'],
      table: ['text'],
      join: [', '],
      block: ['x'],
    };
    fc.assert(
      fc.property(jsonValue, (value) => {
        for (const [name, filter] of Object.entries(FILTERS)) {
          expect(filter.apply(value, args[name] ?? (filter.least === 0 ? [] : [2]))).toBeDefined();
        }
      }),
    );
  });

  it.each<[string, Value, string]>([
    ['bullets', ['a', 'b'], '- a\n- b'],
    ['bullets: 1', ['a', 'b', 'c'], '- a\n- … and 2 more'],
    ['count', ['a', 'b'], '2'],
    ['count', '', '0'],
    ['default: "none"', [], 'none'],
    ['default: "none"', 'some', 'some'],
    ['excerpt: 6', 'one two three', 'one t…'],
    ['first: 2', ['a', 'b', 'c'], 'a, b'],
    ['join: "\\n"', ['a', 'b'], 'a\nb'],
    ['lines', [{ line: 3, text: 'the the', note: 'twice' }], '- line 3: “the the” — twice'],
    ['lines: 1, "**Fix**"', [{ text: 'a' }, { text: 'b' }], '- **Fix** “a”\n- … and 1 more'],
    ['matching: "b"', 'a\nbc\nb', 'bc, b'],
    ['pluck: "x"', [{ x: 1 }, { y: 2 }], '1, '],
    ['plural: "word", "words"', 1, '1 word'],
    ['plural: "word", "words"', ['a', 'b'], '2 words'],
    [
      'sections: 2',
      [
        { name: 'A', text: ' one ' },
        { name: 'B', text: 'two' },
      ],
      '## A\n\none\n\n## B\n\ntwo',
    ],
    ['slice: 3', 'abcdef', 'abc'],
    ['sum: "n"', [{ n: 2 }, { n: 3 }, {}], '5'],
    [
      'table: "name", "first_line"',
      [{ name: 'a|b', first_line: 2 }],
      '| Name | First line |\n| --- | --- |\n| a\\|b | 2 |',
    ],
    [
      'tally: "Findings"',
      [{ text: 'Findings: 1\nFindings: 12' }, { text: '**Findings: 3**' }, { text: 'none' }],
      '15',
    ],
    ['trim', '  a ', 'a'],
  ])('%s of %j', (filter, value, shown) => {
    expect(render(`{{ v | ${filter} }}`, { v: value })).toBe(shown);
  });
});

describe('conditions', () => {
  const scope = new Map<string, Value>([
    ['text', 'words'],
    ['blank', ' '],
    ['list', [1, 2, 3]],
    ['size', { words: 20 }],
  ]);

  it.each([
    ['present text', true],
    ['present blank', false],
    ['empty unknown', true],
    ['list above 2', true],
    ['list below 3', false],
    ['size.words above 20', false],
    ['size.words below 21', true],
  ])('%s is %s', (source, expected) => {
    expect(holds(parseCondition(source)!, scope)).toBe(expected);
  });

  it('takes null, false, zero, blanks and things without entries for empty', () => {
    for (const value of [null, false, 0, '  ', [], {}]) expect(isEmpty(value)).toBe(true);
    for (const value of [true, 1, 'a', [0], { a: 0 }]) expect(isEmpty(value)).toBe(false);
  });

  it.each(['text', 'present', 'present a b', 'list over 2', 'list above x', 'a == b'])(
    '"%s" is no condition',
    (source) => {
      expect(parseCondition(source)).toBeNull();
    },
  );
});

describe('nearest', () => {
  it('finds the word that was meant', () => {
    expect(nearest('cuont', ['checksum', 'count', 'dates'])).toBe('count');
  });

  it('measures distance like a distance: zero to itself, symmetric', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }), (a, b) => {
        expect(editDistance(a, b)).toBe(editDistance(b, a));
        expect(editDistance(a, b) === 0).toBe(a === b);
      }),
    );
  });
});

describe('parsing a script', () => {
  const problemOf = (source: string): string => {
    try {
      parseScript(source, 'rehearsal.yaml');
    } catch (error) {
      return (error as Error).message;
    }
    return 'no problem';
  };
  const step = (text: string) => `version: 1\ninputs: { document: {} }\nsteps:\n  - ${text}\n`;

  it('takes a script of every step', () => {
    const source = [
      'version: 1',
      'inputs: { document: { block: document, min_words: 2 } }',
      'steps:',
      '  - { compute: count, of: document, save: size }',
      '  - { gather: [size.words, size.lines], save: both }',
      '  - { write: "{{ size.words }}", save: note }',
      '  - { when: size.words above 3, delegate: [A, { to: B, task: b }], task: "{{ peer.name }}: {{ document }}", save: team }',
      '  - { status: working }',
      '  - { pause_ms: 5 }',
      '  - { say: "{{ team.answered | sections: 2 }}{{ note }}{{ both | count }}" }',
      '  - { when: empty document, fail: none }',
      '  - { stop: done }',
    ].join('\n');
    expect(parseScript(source, 'rehearsal.yaml').steps.map((entry) => entry.action)).toEqual(
      'compute gather write delegate status pause_ms say fail stop'.split(' '),
    );
  });

  it.each([
    ['steps: [', 'rehearsal.yaml, line 1, column', 'mend the YAML there'],
    ['version: *one', 'rehearsal.yaml: Unresolved alias', 'mend the YAML alias'],
    ['steps: []', 'version', 'write "version: 1"'],
    ['- a', 'rehearsal.yaml, line 1, column 1, the script', 'expected object'],
    [step('{ sya: hello }'), 'line 4, column 5, steps.0', '"sya" is no step; did you mean "say"?'],
    [
      step('{ say: a, stop: b }'),
      'steps.0',
      'a step does one thing, this one says say and stop: make two steps',
    ],
    [step('hello'), 'steps.0', 'a step is a mapping with one of say, status'],
    [step('{ say: a, whne: present document }'), 'steps.0', 'whne'],
    [step('{ say: "{{ document | shout }}" }'), 'line 4, column 12, steps.0.say', '"shout" is no filter'],
    [
      step('{ say: "{{ documnet }}" }'),
      'steps.0.say',
      '"documnet" is not known here; did you mean "document"?',
    ],
    [step('{ when: documnet, say: a }'), 'steps.0.when', 'write "present <name>"'],
    [
      step('{ compute: cuont, of: document, save: x }'),
      'steps.0.compute',
      '"cuont" is no operation; did you mean "count"?',
    ],
    [step('{ compute: count, of: later, save: later }'), 'steps.0.of', '"later" is not known here'],
    [
      step('{ compute: count, of: document, with: { a: 1 }, save: x }'),
      'steps.0.with',
      '"count" has no options; remove a',
    ],
    [
      step('{ compute: summary, of: document, with: { sentences: 99 }, save: x }'),
      'steps.0.with.sentences',
      'the options of "summary" are sentences',
    ],
    [step('{ delegate: [A], save: x }'), 'steps.0.task', 'say what to do'],
    [step('{ delegate: [], task: a, save: x }'), 'steps.0.delegate', ''],
    [step('{ delegate: [A], task: a, save: x, timeout_seconds: 0 }'), 'steps.0.timeout_seconds', ''],
    [
      'version: 1\ninputs: { document: { sample: ../secret } }\nsteps: [{ say: a }]',
      'inputs.document.sample',
      'name a file beside the script',
    ],
    [
      `version: 1\nsteps: [${'{ say: a },'.repeat(SCRIPT_BOUNDS.steps + 1)}]`,
      'steps',
      `${SCRIPT_BOUNDS.steps}`,
    ],
  ])('says file, place and fix for %j', (source, place, fix) => {
    const problem = problemOf(source);
    expect(problem).toContain('rehearsal.yaml');
    expect(problem).toContain(place);
    expect(problem).toContain(fix);
  });

  it('refuses a file larger than its bound', () => {
    expect(problemOf(`# ${'x'.repeat(SCRIPT_BOUNDS.fileBytes)}`)).toContain('larger than');
  });

  it('answers any YAML with a script or one sentence, never with a bug', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (source) => {
        expect(problemOf(source)).toMatch(/^rehearsal\.yaml/);
      }),
    );
  });
});
