// The graph that the board draws, and where arrow keys lead in it.

import { describe, expect, it } from 'vitest';
import { stepHop } from '../features/hops/model.ts';
import { type Role, unreadRole } from '../features/workspaces/model.ts';
import { bondPath } from './bond-path.ts';
import { bondsPath, buildHops, buildNodes, HOPS_DRAWN, neighbourOf, placeRoles } from './build-graph.ts';

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

const at = (id: string) => placement.get(id) as NonNullable<ReturnType<typeof placement.get>>;

describe('bondsPath', () => {
  it('draws one line from each manager to each report', () => {
    const pairs = [
      ['head', 'l'],
      ['head', 'r'],
      ['l', 'l1'],
      ['l', 'l2'],
      ['r', 'r1'],
    ] as const;
    const path = bondsPath(roles, placement, null);
    expect(path.match(/M /g)).toHaveLength(pairs.length);
    for (const [manager, report] of pairs) expect(path).toContain(bondPath(at(manager), at(report)));
  });

  it('leaves out what does not cross the window', () => {
    const rect = { x: at('r1').x, y: at('r1').y, width: 10, height: 10 };
    expect(bondsPath(roles, placement, rect)).toBe(bondPath(at('r'), at('r1')));
  });
});

describe('buildNodes', () => {
  it('makes cards of what touches the window', () => {
    const rect = { x: at('head').x, y: at('head').y, width: 10, height: 10 };
    expect(buildNodes(placement, rect).map(({ id }) => id)).toEqual(['head']);
    expect(buildNodes(placement, null)).toHaveLength(6);
  });
});

describe('buildHops', () => {
  const hop = (from: string, to: string) =>
    buildHops(stepHop({}, from, to, { kind: 'started' }, 0), roles, placement)[0];

  it('runs along the bond, downwards and upwards', () => {
    expect(hop('head', 'l')).toMatchObject({
      path: bondPath(at('head'), at('l')),
      isReversed: false,
      isOpen: true,
    });
    expect(hop('l1', 'l')).toMatchObject({ path: bondPath(at('l'), at('l1')), isReversed: true });
  });

  it('takes an arc where there is no bond', () => {
    expect(hop('l', 'r')?.path).toContain(' C ');
  });

  it('draws nothing for a role that is not on the board', () => {
    expect(hop('l', 'stranger')).toBeUndefined();
  });

  it('leads to the card that stands in, counts what is on one line, and draws nothing inside a collapsed team', () => {
    const { l } = roles;
    const collapsed = { ...roles, l: { ...(l as Role), isCollapsed: true } };
    const places = placeRoles(collapsed, {});
    let hops = stepHop({}, 'head', 'l1', { kind: 'started' }, 0);
    hops = stepHop(hops, 'head', 'l2', { kind: 'started' }, 1);
    hops = stepHop(hops, 'l', 'l1', { kind: 'started' }, 2);
    expect(buildHops(hops, collapsed, places)).toMatchObject([
      { key: 'head>l', sourceId: 'head', targetId: 'l2', count: 2, isOpen: true },
    ]);
  });

  it('is bounded', () => {
    const many = Object.fromEntries(
      Array.from({ length: HOPS_DRAWN + 20 }, (_, i) => [`n${i}`, role(`n${i}`, null)]),
    );
    let hops = {};
    for (let i = 1; i < HOPS_DRAWN + 20; i++) hops = stepHop(hops, 'n0', `n${i}`, { kind: 'started' }, i);
    expect(buildHops(hops, many, placeRoles(many, {}))).toHaveLength(HOPS_DRAWN);
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
