// Proves the rules of the rehearsal engine's delegation.

import type { Clock } from '@molecule/kit';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { delegationFailed, wrapPeerText } from '../../../tools/delegation/peer-text.ts';
import type { EngineEvent, Tool } from '../../engine.ts';
import { turnOf } from '../in-memory-organisation.ts';
import { MARK } from '../speech.ts';
import { type DelegateDeps, type DelegateOrder, type DelegateResult, delegate } from './delegate.ts';
import { readPeerAnswer } from './peer-answer.ts';
import { findPeer, parsePeerList } from './peer-list.ts';

const LISTING = [
  '- Fact Finder (ID: id-1, status: online, role: Lists dates (and names))',
  '- Odd (ID: x) name (ID: id-2, status: provisioning, role: )',
  '- Lead (ID: id-3, status: offline, role: two',
  'lines)',
].join('\n');

describe('the peer list', () => {
  it('reads every entry, with brackets in names and line breaks in roles', () => {
    expect(parsePeerList(LISTING)).toEqual([
      { name: 'Fact Finder', id: 'id-1', status: 'online', role: 'Lists dates (and names)' },
      { name: 'Odd (ID: x) name', id: 'id-2', status: 'provisioning', role: '' },
      { name: 'Lead', id: 'id-3', status: 'offline', role: 'two\nlines' },
    ]);
    expect(parsePeerList('There are no peers.')).toEqual([]);
  });

  it('finds a peer by name in any case, else by a part of its role', () => {
    const peers = parsePeerList(LISTING);
    expect(findPeer(peers, { to: 'fact finder' })?.id).toBe('id-1');
    expect(findPeer(peers, { to: 'Renamed', role: 'lists DATES' })?.id).toBe('id-1');
    expect(findPeer(peers, { to: 'Nobody' })).toBeNull();
  });
});

describe('the answer of a peer', () => {
  it.each([
    [wrapPeerText(`All well.\n\n${MARK}`), { state: 'answered', text: 'All well.' }],
    ['plain words', { state: 'answered', text: 'plain words' }],
    [delegationFailed('Ada', 'it is offline'), { state: 'failed', reason: 'it is offline' }],
    ['Error: 403 may not talk', { state: 'failed', reason: '403 may not talk' }],
    [wrapPeerText('Agent error: no key'), { state: 'failed', reason: 'no key' }],
    ['[A2A_ERROR] gone', { state: 'failed', reason: 'gone' }],
    [wrapPeerText(' '), { state: 'failed', reason: 'its answer was empty' }],
    [
      'QUEUED: Ada can not answer now',
      { state: 'queued', reason: 'it can not answer now; the task waits in its queue' },
    ],
  ])('tells apart %j', (output, answer) => {
    expect(readPeerAnswer(output)).toEqual(answer);
  });
});

/** Short waits pass at once and move the time; long ones last until they are aborted, or the test ends them. */
function steppingClock(longMs = 10_000): Clock & { endLongWaits(): void } {
  let nowMs = 0;
  const waiting: (() => void)[] = [];
  return {
    now: () => nowMs,
    sleep: async (ms, signal) => {
      signal?.throwIfAborted();
      if (ms < longMs) {
        nowMs += ms;
        return;
      }
      await new Promise<void>((resolve, reject) => {
        waiting.push(resolve);
        signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
      });
    },
    endLongWaits: () => {
      for (const end of waiting.splice(0)) end();
    },
  };
}

interface World {
  listings: string[];
  answer(id: string, signal: AbortSignal): Promise<string>;
  clock?: Clock;
}

function depsOf(world: World, signal?: AbortSignal): DelegateDeps & { calls: string[] } {
  const calls: string[] = [];
  let listed = 0;
  const tool = (name: string, run: Tool['run']): [string, Tool] => [
    name,
    { name, description: '', input: z.object({}), run },
  ];
  const tools = new Map([
    tool('list_peers', async () => world.listings[Math.min(listed++, world.listings.length - 1)]!),
    tool('delegate_task', async (input, context) => {
      const { workspace_id, task } = input as { workspace_id: string; task: string };
      calls.push(`${workspace_id}: ${task}`);
      return await world.answer(workspace_id, context.signal);
    }),
  ]);
  let id = 0;
  return {
    turn: turnOf('x', signal),
    tools,
    clock: world.clock ?? steppingClock(),
    nextCallId: () => `c${++id}`,
    calls,
  };
}

const peer = (name: string, status = 'online') =>
  `- ${name} (ID: ${name.toLowerCase()}, status: ${status}, role: ${name}s)`;

function orderFor(names: string[], more: Partial<DelegateOrder> = {}): DelegateOrder {
  return {
    targets: names.map((to) => ({ to })),
    order: 'parallel',
    taskFor: (_, found) => `for ${found.name}`,
    timeoutMs: 60_000,
    waitOnlineMs: 5_000,
    ...more,
  };
}

async function collect(
  order: DelegateOrder,
  deps: DelegateDeps,
): Promise<{ events: EngineEvent[]; results: DelegateResult[] }> {
  const events: EngineEvent[] = [];
  const run = delegate(order, deps);
  for (;;) {
    const next = await run.next();
    if (next.done) return { events, results: next.value };
    events.push(next.value);
  }
}

describe('delegating', () => {
  const hang = (signal: AbortSignal) =>
    new Promise<string>((_, reject) =>
      signal.addEventListener('abort', () => reject(signal.reason), { once: true }),
    );

  it('asks all at once, tells each hop, and gives results in the order of the targets (G1)', async () => {
    let open = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const deps = depsOf({
      listings: [[peer('A'), peer('B')].join('\n')],
      answer: async (id) => {
        if (id === 'a') await gate;
        else open();
        return wrapPeerText(`from ${id}`);
      },
    });
    const { events, results } = await collect(orderFor(['A', 'B']), deps);
    expect(results.map(({ name, state, text }) => [name, state, text])).toEqual([
      ['A', 'answered', 'from a'],
      ['B', 'answered', 'from b'],
    ]);
    expect(
      events.map((event) => ('id' in event ? `${event.type} ${event.id} ${event.tool}` : event.type)),
    ).toEqual([
      'tool_call c1 list_peers',
      'tool_result c1 list_peers',
      'tool_call c2 delegate_task',
      'tool_call c3 delegate_task',
      'tool_result c3 delegate_task',
      'tool_result c2 delegate_task',
    ]);
  });

  it('asks one after the other when the script says so', async () => {
    const deps = depsOf({ listings: [[peer('A'), peer('B')].join('\n')], answer: async (id) => id });
    const { events } = await collect(orderFor(['B', 'A'], { order: 'sequence' }), deps);
    expect(deps.calls).toEqual(['b: for B', 'a: for A']);
    expect(events.slice(2).map((event) => event.type)).toEqual([
      'tool_call',
      'tool_result',
      'tool_call',
      'tool_result',
    ]);
  });

  it('keeps the rest when one fails, one is queued and one is not there (G2)', async () => {
    const deps = depsOf({
      listings: [['A', 'B', 'C'].map((name) => peer(name)).join('\n')],
      answer: async (id) =>
        id === 'a' ? delegationFailed('A', 'broken') : id === 'b' ? 'QUEUED: B' : 'fine',
    });
    const { events, results } = await collect(orderFor(['A', 'B', 'C', 'D']), deps);
    expect(results.map(({ state, reason }) => [state, reason])).toEqual([
      ['failed', 'broken'],
      ['queued', 'it can not answer now; the task waits in its queue'],
      ['answered', ''],
      ['absent', 'no peer called "D" is in reach'],
    ]);
    expect(events.filter((event) => event.type === 'tool_result' && event.isError)).toHaveLength(1);
  });

  it('waits for a peer that is starting, and asks it once it is there', async () => {
    const listings = [peer('A', 'provisioning'), peer('A', 'provisioning'), peer('A')];
    const { events, results } = await collect(
      orderFor(['A']),
      depsOf({ listings, answer: async () => 'here' }),
    );
    expect(results[0]).toMatchObject({ state: 'answered', text: 'here' });
    expect(events).toContainEqual({ type: 'status', text: 'Waiting for A' });
  });

  it('asks a peer that never comes online after its bound all the same, and waits for an absent one only briefly (G4)', async () => {
    const clock = steppingClock();
    const starting = depsOf({
      listings: [peer('A', 'provisioning')],
      answer: async () => 'Error: 503',
      clock,
    });
    expect((await collect(orderFor(['A']), starting)).results[0]).toMatchObject({
      state: 'failed',
      reason: '503',
    });
    expect(clock.now()).toBeGreaterThanOrEqual(5_000);
    const brief = steppingClock();
    await collect(orderFor(['Z']), depsOf({ listings: ['none'], answer: async () => '', clock: brief }));
    expect(brief.now()).toBeLessThan(3_000);
  });

  it('gives a peer up at its deadline, aborts the call, and keeps what the others said (G2, G4)', async () => {
    const clock = steppingClock();
    let isAborted = false;
    const deps = depsOf({
      listings: [[peer('A'), peer('B')].join('\n')],
      answer: async (id, signal) => {
        if (id === 'b') return 'quick';
        queueMicrotask(() => clock.endLongWaits());
        return await hang(signal).finally(() => {
          isAborted = true;
        });
      },
      clock,
    });
    const { results } = await collect(orderFor(['A', 'B'], { order: 'sequence', timeoutMs: 30_000 }), deps);
    expect(results.map(({ state, reason }) => [state, reason])).toEqual([
      ['failed', 'it did not answer within 30 s'],
      ['answered', ''],
    ]);
    expect(isAborted).toBe(true);
  });

  it('aborts everything under way when the turn is aborted (G3)', async () => {
    const controller = new AbortController();
    const signals: AbortSignal[] = [];
    const deps = depsOf(
      {
        listings: [[peer('A'), peer('B')].join('\n')],
        answer: async (_, signal) => {
          signals.push(signal);
          if (signals.length === 2) queueMicrotask(() => controller.abort(new Error('cancelled')));
          return await hang(signal);
        },
      },
      controller.signal,
    );
    await expect(collect(orderFor(['A', 'B']), deps)).rejects.toThrow('cancelled');
    expect(signals.map((signal) => signal.aborted)).toEqual([true, true]);
  });

  it('aborts everything under way when nobody reads on (G3)', async () => {
    const signals: AbortSignal[] = [];
    const answer = async (_: string, signal: AbortSignal) => {
      signals.push(signal);
      return await hang(signal);
    };
    const run = delegate(
      orderFor(['A', 'B']),
      depsOf({ listings: [[peer('A'), peer('B')].join('\n')], answer }),
    );
    for (let read = 0; read < 4; read++) await run.next();
    await run.return([]);
    expect(signals.length).toBeGreaterThan(0);
    expect(signals.every((signal) => signal.aborted)).toBe(true);
  });
});
