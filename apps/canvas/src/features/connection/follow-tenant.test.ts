// Following the tenant: T1 to T6, against a server that is played here.

import { CallError } from '@molecule/client';
import type { events } from '@molecule/contracts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { frame } from '../../store/frame-fixtures.ts';
import {
  type FollowDeps,
  PAGE,
  parseFrame,
  REREAD_DELAY_MS,
  SILENCE_MS,
  type SocketLike,
  TenantFollower,
} from './follow-tenant.ts';
import type { ConnectionPhase } from './model.ts';

class FakeSocket implements SocketLike {
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: (() => void) | null = null;
  onerror: (() => void) | null = null;
  readonly since: number;
  isClosed = false;

  constructor(since: number) {
    this.since = since;
  }

  close(): void {
    this.isClosed = true;
  }

  say(told: events.EventFrame): void {
    this.onmessage?.({ data: JSON.stringify(told) });
  }
}

function setUp(changes: Partial<FollowDeps> = {}) {
  const world = {
    head: 5,
    lastSeq: null as number | null,
    log: [] as events.EventFrame[],
    sockets: [] as FakeSocket[],
    phases: [] as ConnectionPhase['kind'][],
    folded: [] as events.EventFrame[],
    snapshots: 0,
  };
  const deps: FollowDeps = {
    readHead: async () => world.head,
    readSince: async (seq) => world.log.filter((one) => (one.seq ?? 0) > seq).slice(0, PAGE),
    readSnapshot: async () => {
      world.snapshots++;
    },
    openSocket: (since) => {
      const socket = new FakeSocket(since);
      world.sockets.push(socket);
      return socket;
    },
    fold: (frames) => {
      for (const one of frames) {
        world.folded.push(one);
        if (one.seq !== undefined) world.lastSeq = Math.max(world.lastSeq ?? 0, one.seq);
      }
    },
    lastSeq: () => world.lastSeq,
    setLastSeq: (seq) => {
      world.lastSeq = seq;
    },
    onPhase: (phase) => world.phases.push(phase.kind),
    random: () => 0,
    now: Date.now,
    ...changes,
  };
  const follower = new TenantFollower(deps);
  stop = () => follower.stop();
  return { world, follower };
}

let stop: () => void = () => undefined;
const settle = () => vi.advanceTimersByTimeAsync(0);

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  stop();
  vi.useRealTimers();
});

async function goLive(changes: Partial<FollowDeps> = {}) {
  const game = setUp(changes);
  game.follower.start();
  await settle();
  game.world.sockets[0]?.onopen?.();
  await settle();
  return game;
}

describe('TenantFollower', () => {
  it('reads everything, then follows from the number read before (T1)', async () => {
    const { world } = await goLive();
    expect(world.sockets[0]?.since).toBe(5);
    expect(world.snapshots).toBe(1);
    expect(world.phases).toEqual(['connecting', 'live']);
    world.sockets[0]?.say(frame('WORKSPACE_ONLINE', 'a', {}, 6));
    expect(world.folded).toEqual([frame('WORKSPACE_ONLINE', 'a', {}, 6)]);
  });

  it('reads what was missed after a break, in pages, then what is never stored (T2)', async () => {
    const { world } = await goLive();
    world.head = 5 + PAGE + 3;
    world.log = Array.from({ length: PAGE + 3 }, (_, i) => frame('AUDIT', 'a', {}, 6 + i));
    world.sockets[0]?.onclose?.();
    await vi.advanceTimersByTimeAsync(400);
    expect(world.folded.map((one) => one.seq)).toEqual(world.log.map((one) => one.seq));
    expect(world.sockets[1]?.since).toBe(world.head);
    expect(world.snapshots).toBe(1);
    world.sockets[1]?.onopen?.();
    await settle();
    expect(world.snapshots).toBe(2);
    expect(world.phases.at(-1)).toBe('live');
  });

  it('starts from zero when the server has pruned its place (T3)', async () => {
    const gone = new CallError(410, { error: 'since_seq cursor not found' }, null);
    const { world } = await goLive({ readSince: () => Promise.reject(gone) });
    world.head = 900;
    world.sockets[0]?.onclose?.();
    await vi.advanceTimersByTimeAsync(400);
    expect(world.sockets[1]?.since).toBe(900);
  });

  it('starts from zero when another data folder stands behind the address (T3)', async () => {
    const { world } = await goLive();
    world.head = 2;
    world.sockets[0]?.onclose?.();
    await vi.advanceTimersByTimeAsync(400);
    expect(world.sockets[1]?.since).toBe(2);
  });

  it('reads again after silence, and gives the socket up when that fails (T4)', async () => {
    let isDown = false;
    let snapshots = 0;
    const { world } = await goLive({
      readSnapshot: async () => {
        snapshots++;
        if (isDown) throw new TypeError('fetch failed');
      },
    });
    await vi.advanceTimersByTimeAsync(SILENCE_MS + SILENCE_MS / 6);
    expect(snapshots).toBe(2);
    expect(world.sockets).toHaveLength(1);
    isDown = true;
    await vi.advanceTimersByTimeAsync(SILENCE_MS + SILENCE_MS / 6);
    expect(world.sockets[0]?.isClosed).toBe(true);
    expect(world.phases).toContain('reconnecting');
  });

  it('tries again with growing waits while the server is down, and at once when told to (T5)', async () => {
    const readHead = vi.fn(() => Promise.reject(new TypeError('fetch failed')));
    const { follower } = setUp({ readHead });
    follower.start();
    await vi.advanceTimersByTimeAsync(150 + 300 + 600);
    expect(readHead).toHaveBeenCalledTimes(4);
    follower.retryNow();
    await settle();
    expect(readHead).toHaveBeenCalledTimes(5);
  });

  it.each([
    [401, 'signed_out'],
    [403, 'forbidden'],
  ])('stops after %i, and starts again when asked (T5)', async (status, phase) => {
    const readHead = vi.fn(() => Promise.reject(new CallError(status, { error: 'no' }, null)));
    const { world, follower } = setUp({ readHead });
    follower.start();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(world.phases).toEqual(['connecting', phase]);
    expect(readHead).toHaveBeenCalledTimes(1);
    follower.start();
    await settle();
    expect(readHead).toHaveBeenCalledTimes(2);
  });

  it('folds what was told during a reading again on top of it (T6)', async () => {
    let finish: () => void = () => undefined;
    let isFirst = true;
    const { world, follower } = await goLive({
      readSnapshot: () =>
        new Promise((resolve) => {
          finish = resolve;
          if (isFirst) resolve();
          isFirst = false;
        }),
    });
    follower.reread();
    await vi.advanceTimersByTimeAsync(REREAD_DELAY_MS);
    world.sockets[0]?.say(frame('WORKSPACE_PAUSED', 'a', {}, 6));
    world.sockets[0]?.say(frame('ACTIVITY_LOGGED', 'a', { activity_type: 'a2a_send' }));
    finish();
    await settle();
    expect(world.folded).toEqual([
      frame('WORKSPACE_PAUSED', 'a', {}, 6),
      frame('ACTIVITY_LOGGED', 'a', { activity_type: 'a2a_send' }),
      frame('WORKSPACE_PAUSED', 'a'),
    ]);
  });

  it('makes one reading of many wishes', async () => {
    const { world, follower } = await goLive();
    for (let i = 0; i < 10; i++) follower.reread();
    await vi.advanceTimersByTimeAsync(REREAD_DELAY_MS);
    expect(world.snapshots).toBe(2);
  });

  it('closes its socket when it is stopped', async () => {
    const { world, follower } = await goLive();
    follower.stop();
    await settle();
    expect(world.sockets[0]?.isClosed).toBe(true);
  });
});

describe('parseFrame', () => {
  it.each(['', 'rubbish', '7', 'null', '{}', '{"event":7}'])('takes %j for no frame', (text) => {
    expect(parseFrame(text)).toBeNull();
  });

  it('fills in what is missing', () => {
    expect(parseFrame('{"event":"AUDIT","payload":null}')).toMatchObject({ workspace_id: '', payload: {} });
  });
});
