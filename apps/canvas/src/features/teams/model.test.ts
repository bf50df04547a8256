// Teams: who is on the board, who stands in, and what is counted of those that are not.

import { describe, expect, it } from 'vitest';
import { type Role, type Roles, unreadRole } from '../workspaces/model.ts';
import { collapsedAbove, standIn, teamsOf, teamsToCollapse } from './model.ts';

const role = (id: string, parentId: string | null, change: Partial<Role> = {}): Role => ({
  ...unreadRole(id, ''),
  name: id,
  parentId,
  ...change,
});
const rolesOf = (...list: Role[]): Roles => Object.fromEntries(list.map((one) => [one.id, one]));
const chart = (collapsed: readonly string[] = []) =>
  rolesOf(
    role('head', null),
    role('l', 'head', { isCollapsed: collapsed.includes('l') }),
    role('l1', 'l', { status: 'online', activeTasks: 1, isCollapsed: collapsed.includes('l1') }),
    role('l11', 'l1', { status: 'failed' }),
    role('r', 'head'),
    role('r1', 'r'),
  );
const idsOf = (list: readonly Role[] | undefined) => list?.map(({ id }) => id);

describe('teams', () => {
  it('all stand on the board while none is collapsed', () => {
    const { visible, hidden } = teamsOf(chart());
    expect(idsOf(visible.get('l'))).toEqual(['l1']);
    expect(hidden.size).toBe(0);
  });

  it('that are collapsed leave the board with all that is below them, and are counted', () => {
    const { visible, hidden } = teamsOf(chart(['l', 'l1']));
    expect(visible.has('l')).toBe(false);
    expect(visible.has('l1')).toBe(false);
    expect(idsOf(visible.get('r'))).toEqual(['r1']);
    expect([...hidden.keys()]).toEqual(['l']);
    expect(hidden.get('l')?.ids.toSorted()).toEqual(['l1', 'l11']);
    expect(hidden.get('l')?.census).toMatchObject({ total: 2, working: 1, needAttention: 1 });
  });

  it('are derived once for one reading', () => {
    const roles = chart();
    expect(teamsOf(roles)).toBe(teamsOf(roles));
  });

  it('have the topmost collapsed role stand in', () => {
    expect(standIn(chart(), 'l11')).toBe('l11');
    expect(standIn(chart(['l1']), 'l11')).toBe('l1');
    expect(standIn(chart(['l', 'l1']), 'l11')).toBe('l');
    expect(standIn(chart(['l']), 'l')).toBe('l');
  });

  it('that hide a role are named, nearest first', () => {
    expect(collapsedAbove(chart(['l', 'l1']), 'l11')).toEqual(['l1', 'l']);
    expect(collapsedAbove(chart(['l']), 'l')).toEqual([]);
  });

  it('are collapsed below the heads, and below a head that has no teams the head itself', () => {
    expect(teamsToCollapse(chart())).toEqual(['l', 'r']);
    expect(teamsToCollapse(chart(['l']))).toEqual(['r']);
    expect(teamsToCollapse(rolesOf(role('a', null), role('b', 'a'), role('c', null)))).toEqual(['a']);
  });

  it('end with a chart that runs in a circle', () => {
    const circle = rolesOf(role('a', 'b', { isCollapsed: true }), role('b', 'a', { isCollapsed: true }));
    expect(['a', 'b']).toContain(standIn(circle, 'a'));
    expect(teamsOf(circle).hidden.size).toBe(0);
  });
});
