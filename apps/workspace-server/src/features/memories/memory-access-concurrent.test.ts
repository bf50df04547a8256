// Who sees what while everything happens at once: eight lanes move, remove, write, forget and read in one organisation,
// and each call of the plugin takes a random while.
//
//   A read is judged by the chart of the moment when it was asked. What was stored before it began, and not being forgotten
//   until it ended, is seen exactly when the oracle says so. What came or went meanwhile may be there or not, but never for
//   somebody whom the chart keeps out.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { commitMemory } from './commit-memory.ts';
import { forgetMemory } from './forget-memory.ts';
import { namespaceForScope } from './memory-access.ts';
import type { MemoryPlugin } from './memory-plugin.ts';
import { idOf, mapPlugin, type Said, seesIt, visibleTo, type World, world } from './testing/memory-world.ts';

const RUNS = Number(process.env.MEMORY_CONCURRENT_RUNS ?? 30);
const LANES = 8;
const OPERATIONS = 400;
const SCOPES = ['LOCAL', 'TEAM', 'GLOBAL'] as const;

/** In ticks: one for everything that begins or ends. */
interface Told extends Said {
  storedAt: number;
  goneFrom: number;
  goneAt: number;
}

const NEVER = Number.POSITIVE_INFINITY;

/** The same numbers for the same seed (mulberry32). */
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** Waits before and after each call, so that it takes effect at any time between. */
function slow(plugin: MemoryPlugin, random: (below: number) => number): MemoryPlugin {
  const turns = async () => {
    for (let left = random(6); left > 0; left--) await Promise.resolve();
  };
  const around = async <T>(work: () => Promise<T>): Promise<T> => {
    await turns();
    const result = await work();
    await turns();
    return result;
  };
  return {
    ...plugin,
    write: (namespace, write) => around(() => plugin.write(namespace, write)),
    search: (search) => around(() => plugin.search(search)),
    forget: (namespace, id) => around(() => plugin.forget(namespace, id)),
  };
}

type Judge = typeof seesIt;

/** The chart as it is now, as far as the oracle asks about this reader. */
function frozen(w: World, reader: number): World {
  const children = w.childrenOf(reader);
  return { ...w, parents: new Map(w.parents), removed: new Set(w.removed), childrenOf: () => children };
}

async function storm(seed: number, isLeaky: boolean, judge: Judge): Promise<{ reads: number; seen: number }> {
  const random = randomOf(seed);
  const w = world(slow(mapPlugin(isLeaky), random));
  const told: Told[] = [];
  let tick = 0;
  let left = OPERATIONS;
  const totals = { reads: 0, seen: 0 };
  w.place(0, null);

  const say = async (writer: number) => {
    const scope = SCOPES[random(3)] ?? 'LOCAL';
    const isRoot = w.parents.get(writer) === null;
    if (scope === 'GLOBAL' && !isRoot) return;
    const team = isRoot || w.childrenOf(writer).length > 0 ? writer : (w.parents.get(writer) ?? null);
    const id = idOf(1_000_000 + told.length);
    const one = { id, scope, writer, team, storedAt: NEVER, goneFrom: NEVER, goneAt: NEVER };
    told.push(one);
    const workspace = { id: idOf(writer) };
    const namespace = namespaceForScope(w.deps.directory, workspace, scope);
    const common = { kind: 'fact', source: 'agent', expiresAt: null, isPinned: false, tag: null } as const;
    await commitMemory(w.deps, { ...common, workspace, namespace, content: 'x', id });
    one.storedAt = ++tick;
  };

  const forget = async (who: number) => {
    const known = told.filter(({ storedAt, goneFrom }) => storedAt < NEVER && goneFrom === NEVER);
    const what = known[random(Math.max(1, known.length))];
    if (!what) return;
    const owner = what.scope === 'TEAM' ? (what.team ?? 0) : what.writer;
    const kind = { LOCAL: 'workspace', TEAM: 'team', GLOBAL: 'org' }[what.scope];
    const isOwnWord = who === what.writer && w.parents.get(who) === null;
    const may = what.scope === 'GLOBAL' ? isOwnWord : judge(w, who, what);
    if (may) what.goneFrom = ++tick;
    expect(await forgetMemory(w.deps, idOf(who), `${kind}:${idOf(owner)}`, what.id)).toBe(may);
    if (may) what.goneAt = ++tick;
  };

  const look = async (reader: number) => {
    const beganAt = ++tick;
    const then: World = frozen(w, reader);
    const seen = await visibleTo(w, reader);
    totals.reads++;
    totals.seen += seen.size;
    for (const one of told) {
      const mayBeSeen = judge(then, reader, one);
      const isCertain = one.storedAt < beganAt && one.goneFrom === NEVER;
      const wasGone = one.goneAt < beganAt;
      if (!mayBeSeen || wasGone) expect([one.id, seen.has(one.id)]).toEqual([one.id, false]);
      else if (isCertain) expect([one.id, seen.has(one.id)]).toEqual([one.id, true]);
    }
  };

  const lane = async () => {
    while (left-- > 0) {
      const live = w.live();
      const [one, other] = [live[random(live.length)] as number, live[random(live.length)] as number];
      const what = random(10);
      if (what < 1) w.place(w.parents.size, random(7) === 0 ? null : one);
      else if (what < 3) {
        if (random(5) === 0) w.place(one, null);
        else if (!w.isBelow(other, one)) w.place(one, other);
      } else if (what === 3 && live.length > 3 && w.childrenOf(one).length === 0 && random(3) === 0) {
        w.removed.add(one);
        w.place(one, w.parents.get(one) ?? null);
      } else if (what < 6) await say(one);
      else if (what === 6) await forget(one);
      else await look(one);
      await Promise.resolve();
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return totals;
}

const seeds = fc.integer({ min: 0, max: 2 ** 31 - 1 });

function isRightAtEveryMoment(isLeaky: boolean, judge: Judge = seesIt) {
  return fc.asyncProperty(seeds, async (seed) => {
    const { reads, seen } = await storm(seed, isLeaky, judge);
    expect(reads).toBeGreaterThan(10);
    expect(seen).toBeGreaterThan(0);
  });
}

describe('a memory, while everything happens at once,', () => {
  it('is visible exactly to whom the chart says at the moment of the call', async () => {
    await fc.assert(isRightAtEveryMoment(false), { numRuns: RUNS });
  }, 600_000);

  it('is visible to nobody else when the plugin answers everything that it has', async () => {
    await fc.assert(isRightAtEveryMoment(true), { numRuns: Math.ceil(RUNS / 3) });
  }, 600_000);

  it.each<[string, Judge]>([
    ['everybody saw the teams', (w, reader, one) => seesIt(w, reader, one) || one.scope === 'TEAM'],
    ['writers kept their own words', (w, reader, one) => seesIt(w, reader, one) || reader === one.writer],
    ['roots lost theirs', (w, reader, one) => seesIt(w, reader, one) && one.scope !== 'GLOBAL'],
  ])(
    'would be missed by this test if %s',
    async (_name, judge) => {
      const outcome = await fc.check(isRightAtEveryMoment(false, judge), { numRuns: 30, endOnFailure: true });
      expect(outcome.failed).toBe(true);
    },
    600_000,
  );
});
