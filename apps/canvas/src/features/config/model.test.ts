// Config model: the form changes its place in the text and nothing else.

import { describe, expect, it } from 'vitest';
import { readField, troublesOf, writeField } from './model.ts';
import { FIELDS } from './schema.ts';

const field = (path: string) => {
  const found = FIELDS.find((each) => each.path.join('.') === path);
  if (!found) throw new Error(`no field ${path}`);
  return found;
};

const TEXT = `# who it is
name: Ann # the boss
runtime: model
skills:
  - weather
custom: { deep: [ 1, 2 ] }
`;

describe('a config.yaml as a form', () => {
  it('keeps comments and keys of others when a field changes', () => {
    const after = writeField(TEXT, field('name'), 'Ben');
    expect(after).toBe(TEXT.replace('name: Ann', 'name: Ben'));
  });

  it('makes sections that are not there, and takes away what is emptied', () => {
    const made = writeField(TEXT, field('delegation.timeout'), '60');
    expect(readField(made, field('delegation.timeout'))).toBe('60');
    expect(made).toContain('timeout: 60');
    expect(writeField(TEXT, field('runtime'), '')).not.toContain('runtime');
  });

  it('reads and writes lists', () => {
    expect(readField(TEXT, field('skills'))).toEqual(['weather']);
    const after = writeField(TEXT, field('skills'), ['weather', 'news']);
    expect(readField(after, field('skills'))).toEqual(['weather', 'news']);
  });

  it('leaves a text alone that is no YAML', () => {
    expect(writeField('a: [', field('name'), 'x')).toBe('a: [');
  });

  it('never takes a typed text for YAML', () => {
    const after = writeField('', field('description'), 'a: b\n- c # d');
    expect(readField(after, field('description'))).toBe('a: b\n- c # d');
  });
});

describe('the troubles of a config.yaml', () => {
  it('has none with a good one', () => {
    expect(troublesOf('name: Ann\nmax_concurrent_tasks: 4\n')).toEqual([]);
  });

  it('names the line of broken YAML', () => {
    expect(troublesOf('name: Ann\nskills: [\n')[0]).toMatchObject({ isFatal: true });
  });

  it.each([
    ['skills: weather', '“skills” must be a list.'],
    ['max_concurrent_tasks: 100', '“max_concurrent_tasks” must be a number from 1 to 64.'],
    ['- a', 'A mapping is expected, such as “name: Researcher”.'],
  ])('refuses %j', (text, message) => {
    expect(troublesOf(text)).toMatchObject([{ line: 1, message, isFatal: true }]);
  });

  it('only hints at keys that nobody reads', () => {
    expect(troublesOf('name: Ann\nmodle: x\n')).toEqual([
      { line: 2, message: 'No agent reads “modle”.', isFatal: false },
    ]);
  });
});
