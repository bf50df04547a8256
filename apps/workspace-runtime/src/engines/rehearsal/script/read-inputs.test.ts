// Proves the rules of the rehearsal engine's read inputs.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { turnOf } from '../in-memory-organisation.ts';
import { writeBlock } from './blocks.ts';
import { parseScript } from './parse-script.ts';
import { readInputs } from './read-inputs.ts';

let configDir: string;
beforeAll(async () => {
  configDir = await mkdtemp(join(tmpdir(), 'rehearsal-inputs-'));
  await writeFile(join(configDir, 'sample.md'), '# Sample\r\ntext');
});
afterAll(async () => await rm(configDir, { recursive: true }));

const read = async (
  text: string,
  rule = 'block: document, sample: sample.md, min_words: 4',
  data: unknown[] = [],
) => {
  const script = parseScript(
    `version: 1\ninputs: { document: { ${rule} } }\nsteps: [{ say: a }]`,
    'rehearsal.yaml',
  );
  const scope = await readInputs(script, { ...turnOf(text), data }, { name: 'N', role: 'R', configDir });
  return { document: scope.get('document'), notes: scope.get('input_notes') };
};

describe('reading inputs', () => {
  it('prefers a marked block, then a data part, then the sample, then the message', async () => {
    expect((await read(`Sample please.\n${writeBlock('document', 'the block')}`)).document).toBe('the block');
    expect((await read('a sample', undefined, [null, { document: 'the data' }])).document).toBe('the data');
    expect(await read('Review the SAMPLE text')).toEqual({
      document: '# Sample\ntext',
      notes: ['The text is the sample that comes with this role (sample.md).'],
    });
    expect((await read('These are just four or more words.')).document).toBe(
      'These are just four or more words.',
    );
  });

  it('takes an opening line that ends with a colon for a request, not for text', async () => {
    expect((await read('Please review this:\n\n# One\ntwo three four')).document).toBe(
      '# One\ntwo three four',
    );
    expect((await read('One two three four:\n')).document).toBe('One two three four:\n');
  });

  it('takes a message below the least number of words for no document, and one at it for a document', async () => {
    expect((await read('one two three')).document).toBe('');
    expect((await read('one two three four')).document).toBe('one two three four');
    expect((await read('one two three four', 'or_message: false')).document).toBe('');
  });

  it('cuts a document at its bound and says so', async () => {
    expect(await read('abcde', 'max_chars: 5')).toEqual({ document: 'abcde', notes: [] });
    expect(await read('abcdef', 'max_chars: 5')).toEqual({
      document: 'abcde',
      notes: ['Only the first 5 characters of the document were read.'],
    });
  });

  it('says which sample file is missing', async () => {
    await expect(read('sample', 'sample: other.md')).rejects.toThrow(
      /other\.md can not be read \(ENOENT\); put the file there/,
    );
  });
});
