// Who sees what: random organisations, random moves, removals and memories, one after the other, against the oracle of
// testing/memory-world.ts. The perimeter runs whole, over a plugin that does what it is told and no more.

import type { memories } from '@molecule/contracts';
import { isFault } from '@molecule/domain';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { commitMemory } from './commit-memory.ts';
import { forgetMemory } from './forget-memory.ts';
import { namespaceForScope } from './memory-access.ts';
import { idOf, mapPlugin, type Said, seesIt, visibleTo, type World, world } from './testing/memory-world.ts';

const SCOPES = ['LOCAL', 'TEAM', 'GLOBAL'] as const;
const RUNS = Number(process.env.MEMORY_PROPERTY_RUNS ?? 60);
const OPERATIONS = 120;

const operation = fc.record({
  what: fc.constantFrom('create', 'create', 'move', 'move', 'remove', 'say', 'say', 'say', 'say', 'forget'),
  a: fc.nat(1_000),
  b: fc.nat(1_000),
  scope: fc.constantFrom(...SCOPES),
});
type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never;

async function run(w: World, operations: readonly Operation[]): Promise<Said[]> {
  let said: Said[] = [];
  w.place(0, null);
  for (const { what, a, b, scope } of operations) {
    const live = w.live();
    const [one, other] = [live[a % live.length] as number, live[b % live.length] as number];
    if (what === 'create') w.place(w.parents.size, b % 7 === 0 ? null : one);
    if (what === 'move' && b % 5 === 0) w.place(one, null);
    else if (what === 'move' && !w.isBelow(other, one)) w.place(one, other);
    if (what === 'remove' && live.length > 3 && w.childrenOf(one).length === 0) {
      w.removed.add(one);
      w.place(one, w.parents.get(one) ?? null);
    }
    if (what === 'say') said.push(...(await say(w, one, scope)));
    if (what === 'forget' && said.length > 0)
      said = await forget(w, said, one, said[b % said.length] as Said);
  }
  return said;
}

async function say(w: World, writer: number, scope: memories.MemoryScope): Promise<Said[]> {
  const isRoot = w.parents.get(writer) === null;
  const team = isRoot || w.childrenOf(writer).length > 0 ? writer : (w.parents.get(writer) ?? null);
  try {
    const workspace = { id: idOf(writer) };
    const namespace = namespaceForScope(w.deps.directory, workspace, scope);
    const common = { kind: 'fact', source: 'agent', expiresAt: null, isPinned: false, tag: null } as const;
    const id = await commitMemory(w.deps, { ...common, workspace, namespace, content: 'x' });
    expect(scope === 'GLOBAL' && !isRoot).toBe(false);
    return [{ id, scope, writer, team: scope === 'TEAM' ? team : null }];
  } catch (error) {
    // Only GLOBAL has a condition.
    expect(isFault(error) && error.code === 'FORBIDDEN' && scope === 'GLOBAL' && !isRoot).toBe(true);
    return [];
  }
}

/** Whoever may write a namespace may forget what is in it. */
async function forget(w: World, said: Said[], who: number, what: Said): Promise<Said[]> {
  const namespace =
    what.scope === 'LOCAL'
      ? `workspace:${idOf(what.writer)}`
      : what.scope === 'TEAM'
        ? `team:${idOf(what.team ?? 0)}`
        : `org:${idOf(what.writer)}`;
  const may =
    what.scope === 'GLOBAL' ? who === what.writer && w.parents.get(who) === null : seesIt(w, who, what);
  expect(await forgetMemory(w.deps, idOf(who), namespace, what.id)).toBe(may);
  return may ? said.filter(({ id }) => id !== what.id) : said;
}

function isVisibleAsTheChartSays(isLeaky: boolean, judge = seesIt) {
  return fc.asyncProperty(
    fc.array(operation, { minLength: 20, maxLength: OPERATIONS }),
    async (operations) => {
      const w = world(mapPlugin(isLeaky));
      const said = await run(w, operations);
      for (const reader of w.parents.keys()) {
        const seen = await visibleTo(w, reader);
        const wanted = said.filter((one) => judge(w, reader, one)).map(({ id }) => id);
        expect([...seen].sort()).toEqual(wanted.sort());
      }
    },
  );
}

describe('a memory', () => {
  it('is visible exactly to whom the chart says, whatever happens to the chart', async () => {
    await fc.assert(isVisibleAsTheChartSays(false), { numRuns: RUNS });
  }, 120_000);

  it('is visible to nobody else when the plugin answers everything that it has', async () => {
    await fc.assert(isVisibleAsTheChartSays(true), { numRuns: Math.ceil(RUNS / 3) });
  }, 120_000);

  it('would be missed by this test if managers lost sight of their teams', async () => {
    const withoutManagers: typeof seesIt = (w, reader, said) =>
      seesIt(w, reader, said) && !(said.scope === 'TEAM' && reader === said.team);
    const outcome = await fc.check(isVisibleAsTheChartSays(false, withoutManagers), {
      numRuns: 60,
      endOnFailure: true,
    });
    expect(outcome.failed).toBe(true);
  }, 120_000);
});
