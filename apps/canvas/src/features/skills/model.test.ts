// Skills of a card: what is taken, and that no card can do harm.

import { expect, it } from 'vitest';
import { readSkills } from './model.ts';

it('takes name, description and tags, and drops a description that repeats the name', () => {
  const skills = [
    { id: 'sum', name: 'Sums', description: 'Adds numbers up.', tags: ['numbers', 'numbers', 7] },
    { id: 'write', name: 'write', description: 'write' },
  ];
  expect(readSkills({ skills })).toEqual([
    { id: 'sum', name: 'Sums', description: 'Adds numbers up.', tags: ['numbers'] },
    { id: 'write', name: 'write', description: null, tags: [] },
  ]);
});

it('shows a skill that is only a word, and each skill once', () => {
  expect(readSkills({ skills: ['cooking', 'cooking'] })).toHaveLength(1);
});

it.each([null, 'x', {}, { skills: 'x' }, { skills: [null, 7, {}, { name: '  ' }, { name: {} }] }])(
  'takes nothing of rubbish: %j (K1)',
  (card) => {
    expect(readSkills(card)).toEqual([]);
  },
);

it('bounds what a card can bring (K1)', () => {
  const long = 'x'.repeat(10_000);
  const skills = Array.from({ length: 5000 }, (_, i) => ({
    id: `s${i}`,
    name: long,
    description: long + i,
    tags: Array.from({ length: 500 }, (__, tag) => `t${tag}`),
  }));
  const read = readSkills({ skills });
  expect(read).toHaveLength(100);
  expect(JSON.stringify(read).length).toBeLessThan(100_000);
});
