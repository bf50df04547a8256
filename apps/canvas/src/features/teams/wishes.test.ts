// Tests of wishes: what a person put away stays away while it is being saved, whatever lists say, and others are believed after.

import { describe, expect, it } from 'vitest';
import type { Role } from '../workspaces/model.ts';
import { asWished, keepOpenWishes, type TeamWishes } from './wishes.ts';

const role = (id: string, isCollapsed: boolean) => ({ id, isCollapsed }) as Role;
const shown = (wishes: TeamWishes, isCollapsed: boolean) =>
  asWished(wishes, role('a', isCollapsed)).isCollapsed;

describe('a wish', () => {
  it('holds against every list while it is being saved (W1)', () => {
    let wishes: TeamWishes = { a: { isCollapsed: true, contradictions: null } };
    const wish = wishes.a;
    for (let list = 0; list < 5; list++) {
      expect(shown(wishes, false)).toBe(true);
      wishes = keepOpenWishes(wishes, [role('a', false)]);
    }
    expect(wishes.a).toBe(wish);
    expect(keepOpenWishes(wishes, [role('a', true)])).toEqual(wishes);
  });

  it('ends, once saved, with the list that shows it (W2)', () => {
    const wishes: TeamWishes = { a: { isCollapsed: true, contradictions: 0 } };
    expect(shown(wishes, true)).toBe(true);
    expect(keepOpenWishes(wishes, [role('a', true)])).toEqual({});
  });

  it('outlasts one list from before it was saved, and gives way to the second that says otherwise (W2)', () => {
    let wishes: TeamWishes = { a: { isCollapsed: true, contradictions: 0 } };
    expect(shown(wishes, false)).toBe(true);
    wishes = keepOpenWishes(wishes, [role('a', false)]);
    expect(wishes).toEqual({ a: { isCollapsed: true, contradictions: 1 } });
    expect(shown(wishes, false)).toBe(false);
    expect(keepOpenWishes(wishes, [role('a', false)])).toEqual({});
  });

  it('goes with its role', () => {
    expect(keepOpenWishes({ a: { isCollapsed: true, contradictions: null } }, [role('b', false)])).toEqual(
      {},
    );
  });
});
