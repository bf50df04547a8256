// The graph that the board draws, and where arrow keys lead in it.

import { describe, expect, it } from 'vitest';
import { stepHop } from '../features/hops/model.ts';
import { type Role, unreadRole } from '../features/workspaces/model.ts';
import { buildBonds, buildHops, neighbourOf, placeRoles } from './build-graph.ts';

const role = (id: string, parentId: string | null): Role => ({ ...unreadRole(id, ''), name: id, parentId });
const roles = Object.fromEntries(
  [
    role('head', null),
    role('l', 'head'),
    role('r', 'head'),
    role('l1', 'l'),
    role('l2', 'l'),
    role('r1', 'r'),
  ].map((one) => [one.id, one]),
);
const placement = placeRoles(roles, {});

describe('buildBonds', () => {
  it('draws one line from each manager to each report', () => {
    expect(
      buildBonds(roles, placement)
        .map((bond) => `${bond.source}-${bond.target}`)
        .sort(),
    ).toEqual(['head-l', 'head-r', 'l-l1', 'l-l2', 'r-r1'].sort());
  });
});

describe('buildHops', () => {
  const hop = (from: string, to: string) =>
    buildHops(stepHop({}, from, to, { kind: 'started' }, 0), roles, placement)[0];
  const bond = (id: string) => buildBonds(roles, placement).find((one) => one.target === id)?.data?.path;

  it('runs along the bond, downwards and upwards', () => {
    expect(hop('head', 'l')?.data).toMatchObject({ path: bond('l'), isReversed: false, isOpen: true });
    expect(hop('l1', 'l')?.data).toMatchObject({ path: bond('l1'), isReversed: true });
  });

  it('takes an arc where there is no bond', () => {
    expect(hop('l', 'r')?.data?.path).toContain(' C ');
  });

  it('draws nothing for a role that is not on the board', () => {
    expect(hop('l', 'stranger')).toBeUndefined();
  });
});

describe('neighbourOf', () => {
  it.each([
    ['head', 'down', 'l'],
    ['l', 'up', 'head'],
    ['l', 'right', 'r'],
    ['r', 'left', 'l'],
    ['l', 'down', 'l1'],
    ['l1', 'down', 'l2'],
    ['l2', 'up', 'l1'],
    ['l1', 'up', 'l'],
    ['head', 'up', null],
  ] as const)('leads from %s %s to %s', (from, direction, to) => {
    expect(neighbourOf(roles, placement, from, direction)).toBe(to);
  });
});
