// Memory world: an organisation of numbered workspaces with the whole perimeter over a plugin in this process, and an oracle
// that knows the chart's text and nothing of the code.
//
//   The oracle: LOCAL is seen by its writer. A team is a workspace and its direct reports; a team exists for a root, and
//   for whoever has a direct report. GLOBAL is seen by everybody. Removed workspaces see nothing.

import type { memories, memoryPlugin } from '@molecule/contracts';
import { createLog } from '@molecule/kit';
import { fakeClock } from '@molecule/testkit';
import { WorkspaceDirectory } from '../../workspaces/index.ts';
import type { ForgetLedger, Receipt } from '../forget-ledger.ts';
import { namespacesOf } from '../memory-access.ts';
import { type MemoryDeps, OrgWriters } from '../memory-deps.ts';
import type { Author, MemoryLedger } from '../memory-ledger.ts';
import type { MemoryPlugin, PluginWrite } from '../memory-plugin.ts';
import { recallMemories } from '../recall-memories.ts';
import { WriteLimit } from '../write-limit.ts';

export const idOf = (n: number) => `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;

/** The plugin as the contract describes it, in this process: `leaky` answers everything that it has. */
export function mapPlugin(isLeaky: boolean): MemoryPlugin & { size(): number } {
  const rows = new Map<string, PluginWrite & { namespace: string }>();
  return {
    size: () => rows.size,
    has: async () => true,
    refresh: async () => {},
    write: async (namespace, write) => {
      rows.set(write.id, { ...write, namespace });
    },
    get: async () => null,
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

/** Knows of no sources; keeps receipts. */
function mapForgetting(): ForgetLedger {
  const receipts = new Map<string, Receipt>();
  const nothing = async () => {};
  const none = async () => [];
  return {
    noteProvenance: nothing,
    provenanceOf: async () => new Map(),
    from: none,
    derivedFrom: none,
    writtenBy: none,
    mentions: none,
    open: async (receipt) => {
      const items = receipt.items.map((item) => ({ ...item, goneAt: null }));
      receipts.set(receipt.id, { ...receipt, items, state: 'pending', createdAt: 0, finishedAt: null });
    },
    pending: none,
    read: async (id) => receipts.get(id) ?? null,
    list: none,
    gone: nothing,
    finish: async () => true,
    forgotten: async () => new Set(),
    dropNamespace: nothing,
  };
}

export function world(plugin: MemoryPlugin) {
  const clock = fakeClock();
  const directory = new WorkspaceDirectory();
  const orgs = new OrgWriters(directory);
  const deps: MemoryDeps = {
    plugin,
    ledger: mapLedger(),
    forgetting: mapForgetting(),
    keyValues: { list: async () => [], remove: async () => {} },
    backupDays: 30,
    onRead: () => {},
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

export type World = ReturnType<typeof world>;
export interface Said {
  id: string;
  scope: memories.MemoryScope;
  writer: number;
  /** Whose team it was said to. */
  team: number | null;
}

/** The oracle. */
export function seesIt({ parents, removed, childrenOf }: World, reader: number, said: Said): boolean {
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

export async function visibleTo({ deps }: World, reader: number): Promise<Set<string>> {
  const namespaces = namespacesOf(deps.directory, deps.orgs, idOf(reader)).map(({ name }) => name);
  const recall = { namespaces, query: '', kinds: null, tag: null, writerId: null, limit: 1_000_000 };
  return new Set((await recallMemories(deps, recall)).map(({ id }) => id));
}
