// What an answer looks like.

import { describe, expect, it } from 'vitest';
import { printAnswer } from './print-answer.ts';

const table = { rows: ({ rows }: { rows: object[] }) => rows, columns: ['name', 'count'] };

describe('a list', () => {
  it('has a line for each, in columns', () => {
    const rows = [
      { name: 'acme', count: 7 },
      { name: 'a-long-name', count: null, more: 'unseen' },
    ];
    expect(printAnswer({ rows }, table, false)).toBe('name         count\nacme         7\na-long-name');
  });

  it('that is empty says so, and one of wide cells is cut, but not as JSON', () => {
    expect(printAnswer({ rows: [] }, table, false)).toBe('nothing');
    const wide = { rows: [{ name: 'x'.repeat(100), count: 1 }] };
    expect(printAnswer(wide, table, false)).toContain(`${'x'.repeat(59)}…`);
    expect(JSON.parse(printAnswer(wide, table, true))).toEqual(wide);
  });
});

describe('one thing', () => {
  it('is shown field by field', () => {
    expect(printAnswer({ a: 1, b: { c: ['x'] }, d: null }, undefined, false)).toBe('a: 1\nb.c: ["x"]\nd: ');
  });

  it('without an answer is done', () => {
    expect(printAnswer(undefined, undefined, false)).toBe('done');
    expect(printAnswer(undefined, undefined, true)).toBe('null');
  });

  it('never moves the cursor or colours anything', () => {
    expect(printAnswer({ name: 'a\u001b[31mred\nb' }, undefined, false)).toBe('name: a [31mred b');
  });
});
