// Spend: who spent what, of which limit.

import { describe, expect, it } from 'vitest';
import { type Role, unreadRole } from '../workspaces/model.ts';
import { readDollars, spendSheet, spendState } from './model.ts';

const role = (id: string, spendCents: number, budgetCents: number | null): Role => ({
  ...unreadRole(id, ''),
  name: id,
  spendCents,
  budgetCents,
});

describe('the sheet', () => {
  it('has whoever spent most first, with a total and the share of each limit', () => {
    const roles = {
      a: role('a', 10, null),
      b: role('b', 250, 200),
      c: role('c', 10, 100),
      d: role('d', 0, 0),
    };
    const { lines, totalCents } = spendSheet(roles);
    expect(totalCents).toBe(270);
    expect(lines.map((line) => [line.role.id, line.share])).toEqual([
      ['b', 1.25],
      ['a', null],
      ['c', 0.1],
      ['d', 1],
    ]);
  });
});

describe('a share', () => {
  it.each([
    [null, 'free'],
    [0, 'well'],
    [0.79, 'well'],
    [0.8, 'near'],
    [1, 'over'],
    [3, 'over'],
  ] as const)('%s is %s', (share, state) => {
    expect(spendState(share)).toBe(state);
  });
});

describe('an amount', () => {
  it.each([
    ['12', 1200],
    ['$ 0.5', 50],
    ['3,25', 325],
    [' ', null],
    ['0', 0],
    ['1.005', undefined],
    ['-1', undefined],
    ['ten', undefined],
    ['1e3', undefined],
  ])('%j is %s', (text, cents) => {
    expect(readDollars(text)).toBe(cents);
  });
});
