// Why of: two roles, one sentence.
import { describe, expect, it } from 'vitest';
import { type Roles, unreadRole } from '../features/workspaces/model.ts';
import { whyOf } from './why-of.ts';

const role = (id: string, parentId: string | null) => ({
  ...unreadRole(id, ''),
  name: id.toUpperCase(),
  parentId,
});
const roles: Roles = Object.fromEntries(
  [role('boss', null), role('a', 'boss'), role('b', 'boss'), role('a1', 'a'), role('b1', 'b')].map((r) => [
    r.id,
    r,
  ]),
);

describe('why two roles may talk', () => {
  it('says it of the open role and the one that is pointed at', () => {
    expect(whyOf(roles, 'a', 'b')).toMatchObject({
      allowed: true,
      sentence: 'A and B may talk: both report to BOSS.',
    });
    expect(whyOf(roles, 'a1', 'b1')).toMatchObject({ allowed: false, relay: 'boss' });
  });

  it('says nothing of one role alone, or of one that is gone', () => {
    expect([
      whyOf(roles, 'a', 'a'),
      whyOf(roles, null, 'a'),
      whyOf(roles, 'a', null),
      whyOf(roles, 'a', 'gone'),
    ]).toEqual([null, null, null, null]);
  });
});
