// Proves what starts agents again after a change of their configuration (A1 to A4), with the real rows' rules and no backend.

import { applyChange, LIMITS, TIMEOUTS_MS, type WorkspaceState } from '@molecule/domain';
import { createLog } from '@molecule/kit';
import { fakeClock } from '@molecule/testkit';
import { describe, expect, it } from 'vitest';
import { WorkspaceDirectory } from '../workspaces/index.ts';
import { ConfigHeads } from './config-heads.ts';
import { AutoRestarts } from './restart-behind.ts';

function stateOf(id: string, over: Partial<WorkspaceState> = {}): WorkspaceState {
  const base = { id, name: id, parentId: null, status: 'online', backend: 'process', runtime: 'rehearsal' };
  return { ...base, tier: 2, url: '', createdAt: 1, ...over } as WorkspaceState;
}

/** `start` plays the controller: a unit is prepared with the newest number. */
function house(states: WorkspaceState[], actor = 'session') {
  const clock = fakeClock();
  const directory = new WorkspaceDirectory();
  const heads = new ConfigHeads();
  const requested: string[] = [];
  const forgiven: string[] = [];
  let version = 0;
  const put = (state: WorkspaceState) =>
    directory.apply([{ workspaceId: state.id, state, version: ++version }]);
  const setStatus = (id: string, status: WorkspaceState['status']) =>
    put({ ...(directory.get(id) as WorkspaceState), status });
  states.forEach(put);
  const restarts = new AutoRestarts({
    directory,
    heads,
    clock,
    log: createLog({ level: 'silent' }),
    publishSoon: () => {},
    startLimitMs: () => TIMEOUTS_MS.provision,
    configs: { list: async () => [{ number: 1, digest: '', cause: '', createdBy: actor, createdAt: 0 }] },
    store: {
      loadAll: async () => [],
      read: async (id) => directory.get(id),
      async change(ids, _actor, decide) {
        const rows = new Map(
          ids.flatMap((id) => (directory.get(id) ? [[id, directory.get(id)] as const] : [])),
        );
        const decision = decide(rows as Map<string, WorkspaceState>);
        return (decision?.edits ?? []).map((edit) => ({
          workspaceId: edit.workspaceId,
          state: applyChange(directory.get(edit.workspaceId), edit.change),
          version: ++version,
        }));
      },
    },
    provision: {
      request: (id) => requested.push(id),
      keepFiles: async () => {},
      stop: async () => {},
      erase: async () => {},
      findBackendProblem: async () => null,
      refuseMove: () => undefined,
      hasProvisioner: () => true,
      forgiveCrashes: (id) => forgiven.push(id),
    },
  });
  const change = (id: string, number: number) =>
    heads.apply([{ workspaceId: id, number, restartAtLeast: number, started: null }]);
  const start = (id: string) => {
    const head = heads.get(id);
    if (head) heads.apply([{ ...head, started: head.number }]);
  };
  return { clock, heads, restarts, requested, forgiven, setStatus, change, start };
}

describe('restarts for a newer configuration', () => {
  it('start an agent again that runs less than it must, once', async () => {
    const { restarts, requested, change, start, setStatus } = house([stateOf('a'), stateOf('b')]);
    change('a', 2);
    await restarts.round();
    start('a');
    setStatus('a', 'online');
    await restarts.round();
    expect(requested).toEqual(['a']);
  });

  it('gather what comes during a start into one more (A1)', async () => {
    const { restarts, requested, change, start, setStatus } = house([stateOf('a')]);
    change('a', 2);
    await restarts.round();
    start('a');
    for (const number of [3, 4, 5]) {
      change('a', number);
      await restarts.round();
    }
    expect(requested).toEqual(['a']);
    setStatus('a', 'online');
    await restarts.round();
    expect(requested).toEqual(['a', 'a']);
    start('a');
    setStatus('a', 'online');
    await restarts.round();
    expect(requested).toHaveLength(2);
  });

  it('are on their way a few at a time, and one that hangs keeps no place for ever (A2)', async () => {
    const ids = Array.from({ length: LIMITS.autoRestarts * 3 }, (_, i) => `w${i}`);
    const { restarts, requested, change, start, setStatus, clock } = house(ids.map((id) => stateOf(id)));
    for (const id of ids) change(id, 2);
    await restarts.round();
    await restarts.round();
    expect(requested).toHaveLength(LIMITS.autoRestarts);
    const [first = ''] = requested;
    start(first);
    setStatus(first, 'online');
    await restarts.round();
    expect(requested).toHaveLength(LIMITS.autoRestarts + 1);
    await clock.advance(60_001);
    await restarts.round();
    expect(requested).toHaveLength(LIMITS.autoRestarts * 2 + 1);
    expect(new Set(requested).size).toBe(requested.length);
  });

  it.each([
    ['paused', { status: 'paused' }],
    ['hibernated', { status: 'hibernated' }],
    ['external', { backend: 'external' }],
    ['removed', { status: 'removed' }],
    ['below a paused one', { parentId: 'boss' }],
  ] as const)('leave alone what is %s (A3)', async (_, over) => {
    const boss = stateOf('boss', { status: 'paused' });
    const { restarts, requested, change } = house([boss, stateOf('a', over)]);
    change('a', 2);
    await restarts.round();
    expect(requested).toEqual([]);
  });

  it('try again what failed: the change may be what was missing', async () => {
    const { restarts, requested, change, start, setStatus } = house([stateOf('a', { status: 'failed' })]);
    change('a', 2);
    await restarts.round();
    start('a');
    setStatus('a', 'failed');
    await restarts.round();
    expect(requested).toEqual(['a']);
  });

  it('forgive earlier crashes to a person, and not to an agent (A4)', async () => {
    const person = house([stateOf('a')]);
    person.change('a', 2);
    await person.restarts.round();
    expect(person.forgiven).toEqual(['a']);
    const agent = house([stateOf('a')], 'workspace:a');
    agent.change('a', 2);
    await agent.restarts.round();
    expect([agent.forgiven, agent.requested]).toEqual([[], ['a']]);
  });
});

describe('config heads', () => {
  it('never go back, in whatever order commits are told (H1)', () => {
    const heads = new ConfigHeads();
    heads.apply([{ workspaceId: 'a', number: 3, restartAtLeast: 3, started: null }]);
    heads.apply([{ workspaceId: 'a', number: 2, restartAtLeast: 2, started: 2 }]);
    expect(heads.get('a')).toEqual({ workspaceId: 'a', number: 3, restartAtLeast: 3, started: 2 });
    expect(heads.behind()).toEqual(['a']);
    expect(heads.view('a', 2)).toEqual({ wanted: 3, running: 2, isDrifted: true });
    expect(heads.view('a', 3)).toMatchObject({ isDrifted: false });
    expect(heads.view('a', null)).toMatchObject({ running: null, isDrifted: false });
    expect(heads.view('b', 1)).toEqual({ wanted: null, running: 1, isDrifted: false });
  });
});
