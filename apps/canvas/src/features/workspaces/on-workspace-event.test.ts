// Roles after an event.

import { describe, expect, it } from 'vitest';
import { frame } from '../../store/frame-fixtures.ts';
import { unreadRole } from './model.ts';
import { foldAllRoles, foldRoles } from './on-workspace-event.ts';

const ann = { ...unreadRole('a', '2026-01-01T00:00:00.000Z'), name: 'Ann', runtime: 'model' };
const roles = { a: ann };

describe('foldRoles', () => {
  it('shows a role that was just created, and asks for the rest of it', () => {
    const after = foldRoles(
      {},
      frame('WORKSPACE_PROVISIONING', 'n', { name: 'New', tier: 2, parent_id: 'a' }),
    );
    expect(after.roles.n).toMatchObject({ name: 'New', tier: 2, parentId: 'a', status: 'provisioning' });
    expect(after.isStale).toBe(true);
  });

  it('takes address and marks from the card when a role comes online', () => {
    const card = { molecule: { simulated: true, suggested_task: 'Review it' } };
    const after = foldRoles(roles, frame('WORKSPACE_ONLINE', 'a', { url: 'http://x', agent_card: card }));
    expect(after.roles.a).toMatchObject({
      status: 'online',
      url: 'http://x',
      isSimulated: true,
      suggestedTask: 'Review it',
    });
  });

  it('asks what separates a role that came online, unless that is known', () => {
    expect(foldRoles(roles, frame('WORKSPACE_ONLINE', 'a')).isStale).toBe(true);
    const isolation = { kind: 'container', backend: 'docker', tier: 2, aspects: [] } as const;
    const seen = { a: { ...ann, isolation } };
    expect(foldRoles(seen, frame('WORKSPACE_ONLINE', 'a')).isStale).toBe(false);
  });

  it('keeps address and marks when an online event does not name them', () => {
    const known = { a: { ...ann, url: 'http://x', suggestedTask: 'Review it' } };
    const after = foldRoles(known, frame('WORKSPACE_ONLINE', 'a'));
    expect(after.roles.a).toMatchObject({ url: 'http://x', suggestedTask: 'Review it' });
  });

  it.each([
    'WORKSPACE_OFFLINE',
    'WORKSPACE_PAUSED',
    'WORKSPACE_HIBERNATED',
    'WORKSPACE_PROVISION_FAILED',
  ] as const)('leaves no work standing after %s', (event) => {
    const busy = { a: { ...ann, activeTasks: 2, currentTask: 'x' } };
    expect(foldRoles(busy, frame(event, 'a')).roles.a).toMatchObject({ activeTasks: 0, currentTask: '' });
  });

  it('says why a role failed', () => {
    const after = foldRoles(roles, frame('WORKSPACE_PROVISION_FAILED', 'a', { error: 'no such engine' }));
    expect(after.roles.a).toMatchObject({ status: 'failed', statusDetail: 'no such engine' });
  });

  it('forgets a removed role, also when it is told twice', () => {
    const once = foldRoles(roles, frame('WORKSPACE_REMOVED', 'a'));
    expect(once).toEqual({ roles: {}, isStale: false });
    expect(foldRoles(once.roles, frame('WORKSPACE_REMOVED', 'a'))).toEqual({ roles: {}, isStale: false });
  });

  it('moves a role to the top when its new manager is null', () => {
    const below = { a: { ...ann, parentId: 'b' } };
    expect(
      foldRoles(below, frame('WORKSPACE_MOVED', 'a', { new_parent_id: null })).roles.a?.parentId,
    ).toBeNull();
  });

  it('asks for the list when an event only names what changed', () => {
    expect(foldRoles(roles, frame('WORKSPACE_UPDATED', 'a', { fields: ['name'] }))).toEqual({
      roles,
      isStale: true,
    });
  });

  it('asks for the list when it is told about a role that it does not know', () => {
    expect(foldRoles({}, frame('WORKSPACE_ONLINE', 'x')).isStale).toBe(true);
  });

  it('ignores values of the wrong type', () => {
    const after = foldRoles(roles, frame('TASK_UPDATED', 'a', { current_task: 7, active_tasks: 'many' }));
    expect(after.roles.a).toMatchObject({ currentTask: '', activeTasks: 0 });
  });

  it('folds a batch as one by one, into one copy, and changes nothing that was given away', () => {
    const before = { a: { ...unreadRole('a', ''), status: 'online' as const }, b: unreadRole('b', '') };
    const frames = [frame('WORKSPACE_PAUSED', 'a'), frame('WORKSPACE_ONLINE', 'b', { url: 'http://b' })];
    const kept = structuredClone(before);
    const once = foldAllRoles(before, frames);
    expect(before).toEqual(kept);
    const oneByOne = frames.reduce((roles, one) => foldRoles(roles, one).roles, before as typeof once.roles);
    expect(once.roles).toEqual(oneByOne);
    const given = structuredClone(once.roles);
    foldAllRoles(once.roles, [frame('WORKSPACE_OFFLINE', 'a')]);
    expect(once.roles).toEqual(given);
  });
});
