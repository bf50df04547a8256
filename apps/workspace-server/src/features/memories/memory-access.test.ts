// Who sees what: random organisations, random moves, removals and memories, against an oracle that knows the chart's text
// and nothing of the code. The perimeter runs whole, over a plugin that does what it is told and no more.
//
//   The oracle: LOCAL is seen by its writer. A team is a workspace and its direct reports; a team exists for a root, and
//   for whoever has a direct report. GLOBAL is seen by everybody. Removed workspaces see nothing.

import type { memories, memoryPlugin } from '@molecule/contracts';
import { isFault } from '@molecule/domain';
import { createLog } from '@molecule/kit';
import { fakeClock } from '@molecule/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WorkspaceDirectory } from '../workspaces/index.ts';
import { commitMemory } from './commit-memory.ts';
import { forgetMemory } from './forget-memory.ts';
import { namespaceForScope, namespacesOf } from './memory-access.ts';
import { type MemoryDeps, OrgWriters } from './memory-deps.ts';
import type { Author, MemoryLedger } from './memory-ledger.ts';
import type { MemoryPlugin, PluginWrite } from './memory-plugin.ts';
import { recallMemories } from './recall-memories.ts';
import { WriteLimit } from './write-limit.ts';

const SCOPES = ['LOCAL', 'TEAM', 'GLOBAL'] as const;
const RUNS = Number(process.env.MEMORY_PROPERTY_RUNS ?? 60);
const OPERATIONS = 120;

const idOf = (n: number) => `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;

/** The plugin as the contract describes it, in this process: `leaky` answers everything that it has. */
function mapPlugin(isLeaky: boolean): MemoryPlugin & { size(): number } {
  const rows = new Map<string, PluginWrite & { namespace: string }>();
  return {
    size: () => rows.size,
    has: async () => true,
    refresh: async () => {},
    write: async (namespace, write) => {
      rows.set(write.id, { ...write, namespace });
    },
    search: async ({ namespaces }) =>
      [...rows.values()].filter((row) => isLeaky || namespaces.includes(row.namespace)).map(toWire),
    forget: async (namespace, id) => rows.get(id)?.namespace === namespace && rows.delete(id),
    deleteNamespace: async () => {},
    list: async () => ({ memories: [], cursor: null }),
  };
}

function toWire(row: PluginWrite & { namespace: string }): memoryPlugin.Memory {
  return { ...row, created_at: new Date(0).toISOString(), expires_at: null, pin: false };
}

function mapLedger(): MemoryLedger {
  const authors = new Map<string, Author>();
  const nothing = async () => {};
  return {
    noteAuthor: async (author) => void authors.set(author.memoryId, author),
    authorsOf: async (ids) =>
      new Map(ids.flatMap((id) => (authors.has(id) ? [[id, authors.get(id) as Author]] : []))),
    forgetAuthor: async (id) => void authors.delete(id),
    orgWriters: async () => [],
    intend: nothing,
    done: nothing,
    withdraw: nothing,
    untold: async () => [],
    told: nothing,
    purges: async () => [],
    purged: nothing,
    keepSeedsIn: nothing,
    seeds: async () => [],
    planted: nothing,
  };
}

function world(plugin: MemoryPlugin) {
  const clock = fakeClock();
  const directory = new WorkspaceDirectory();
  const orgs = new OrgWriters(directory);
  const deps: MemoryDeps = {
    plugin,
    ledger: mapLedger(),
    directory,
    orgs,
    limit: new WriteLimit(clock, 1_000_000),
    record: { activityLog: { write: async () => '' }, hub: { broadcast: () => {} } } as never,
    clock,
    log: createLog({ level: 'silent' }),
  };
  const parents = new Map<number, number | null>();
  const removed = new Set<number>();
  let version = 0;
  const place = (n: number, parent: number | null) => {
    parents.set(n, parent);
    const state = {
      id: idOf(n),
      name: `w${n}`,
      parentId: parent === null ? null : idOf(parent),
      status: removed.has(n) ? 'removed' : 'online',
      createdAt: n,
    };
    directory.apply([{ workspaceId: idOf(n), state: state as never, version: ++version }]);
  };
  const isBelow = (n: number, ancestor: number): boolean => {
    for (let at: number | null | undefined = n; at !== null && at !== undefined; at = parents.get(at))
      if (at === ancestor) return true;
    return false;
  };
  const live = () => [...parents.keys()].filter((n) => !removed.has(n));
  return {
    deps,
    parents,
    removed,
    place,
    isBelow,
    live,
    childrenOf: (n: number) => live().filter((m) => parents.get(m) === n),
  };
}

type World = ReturnType<typeof world>;
interface Said {
  id: string;
  scope: memories.MemoryScope;
  writer: number;
  /** Whose team it was said to. */
  team: number | null;
}

/** The oracle. */
function seesIt({ parents, removed, childrenOf }: World, reader: number, said: Said): boolean {
  if (removed.has(reader)) return false;
  switch (said.scope) {
    case 'LOCAL':
      return reader === said.writer;
    case 'GLOBAL':
      return true;
    case 'TEAM':
      if (parents.get(reader) === said.team) return true;
      return reader === said.team && (parents.get(reader) === null || childrenOf(reader).length > 0);
  }
}

async function visibleTo({ deps }: World, reader: number): Promise<Set<string>> {
  const namespaces = namespacesOf(deps.directory, deps.orgs, idOf(reader)).map(({ name }) => name);
  const recall = { namespaces, query: '', kinds: null, tag: null, writerId: null, limit: 1_000_000 };
  return new Set((await recallMemories(deps, recall)).map(({ id }) => id));
}

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
