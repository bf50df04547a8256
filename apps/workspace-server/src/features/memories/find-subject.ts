// Find subject: what of the memory is about something: one memory, everything that a workspace wrote, what came from a
// message, a file or an address, what is filed under a subject, or what says a text. Memories made of these go with them.

import type { memories as wire } from '@molecule/contracts';
import { Fault, faults, isUuid, LIMITS } from '@molecule/domain';
import { everyNamespace, pagesOf } from './export-memories.ts';
import type { ForgetItem, Provenance } from './forget-ledger.ts';
import type { MemoryDeps } from './memory-deps.ts';
import { plainText } from './plain-text.ts';
import type { RecalledMemory } from './recall-memories.ts';

export interface FoundItem extends ForgetItem {
  /** What it says, for whoever has to decide; never kept. */
  excerpt: string;
}

const EXCERPT_CHARS = 160;

export async function findSubject(deps: MemoryDeps, subject: wire.ForgetSubject): Promise<FoundItem[]> {
  const found = new Map<string, FoundItem>();
  const add = (items: readonly FoundItem[]) => {
    for (const item of items) {
      const key = `${item.kind} ${item.namespace} ${item.id}`;
      if (!found.has(key)) found.set(key, item);
      if (found.size > LIMITS.forgottenAtOnce)
        throw new Fault(
          'PRECONDITION_FAILED',
          `more than ${LIMITS.forgottenAtOnce} things are about that; forget them in parts`,
        );
    }
  };
  add(await FINDERS[subject.kind](deps, subject));
  for (;;) {
    const ids = [...found.values()].filter(({ kind }) => kind === 'memory').map(({ id }) => id);
    const derived = (await deps.forgetting.derivedFrom(ids, LIMITS.forgottenAtOnce + 1)).filter(
      ({ memoryId }) => !ids.includes(memoryId),
    );
    if (derived.length === 0) break;
    add(derived.map((one) => fromProvenance(one, 'derived')));
  }
  const ids = [...found.values()].filter(({ kind }) => kind === 'memory').map(({ id }) => id);
  const mentions = await deps.forgetting.mentions(ids, LIMITS.forgottenAtOnce);
  add(
    mentions.map(({ id, workspaceId }) => ({
      kind: 'activity',
      id,
      namespace: `workspace:${workspaceId}`,
      memoryKind: null,
      why: 'mention',
      excerpt: 'the beginning of a memory, quoted when it was written',
    })),
  );
  return [...found.values()];
}

type Finder = (deps: MemoryDeps, subject: wire.ForgetSubject) => Promise<FoundItem[]>;

const bySource =
  (kind: 'message' | 'file' | 'url' | 'subject'): Finder =>
  async ({ forgetting }, { value }) =>
    (await forgetting.from(kind, value, LIMITS.forgottenAtOnce + 1)).map((one) =>
      fromProvenance(one, 'asked'),
    );

const FINDERS: Record<wire.ForgetSubjectKind, Finder> = {
  memory: async (deps, { value, namespace }) => {
    if (!namespace) throw faults.invalidRequest('namespace is required to forget one memory');
    const found = await deps.plugin.get(namespace, value);
    return found === null ? [] : [memoryItem({ ...found, kind: found.kind, namespace })];
  },
  workspace: async (deps, { value }) => {
    if (!isUuid(value)) throw faults.invalidWorkspaceId();
    const id = value.toLowerCase();
    const own = await scan(deps, [`workspace:${id}`], () => true);
    const wide = await deps.forgetting.writtenBy(id, LIMITS.forgottenAtOnce + 1);
    const keys = await deps.keyValues.list(id);
    return [
      ...own,
      ...wide.map(({ memoryId, namespace }) => ({
        kind: 'memory' as const,
        id: memoryId,
        namespace,
        memoryKind: null,
        why: 'asked' as const,
        excerpt: '',
      })),
      ...keys.map(({ key }) => keyItem(id, key)),
    ];
  },
  message: bySource('message'),
  file: bySource('file'),
  url: bySource('url'),
  subject: bySource('subject'),
  text: async (deps, { value, workspace_id }) => {
    const wanted = plainText(value);
    if (wanted.length < 3) throw faults.invalidRequest('value: three letters or digits are needed');
    const only = workspace_id?.toLowerCase();
    if (only !== undefined && !isUuid(only)) throw faults.invalidWorkspaceId();
    const namespaces = only === undefined ? everyNamespace(deps) : [`workspace:${only}`];
    const says = (text: string) => plainText(text).includes(wanted);
    const memories = await scan(deps, namespaces, ({ content }) => says(content));
    const owners = only === undefined ? deps.directory.live().map(({ id }) => id) : [only];
    const keys: FoundItem[] = [];
    for (const owner of owners) {
      for (const { key, value: held } of await deps.keyValues.list(owner))
        if (says(key) || says(JSON.stringify(held))) keys.push(keyItem(owner, key));
    }
    return [...memories, ...keys];
  },
};

/** Every page of every namespace: what a search ranks low must go as well. */
async function scan(
  deps: MemoryDeps,
  namespaces: readonly string[],
  isWanted: (memory: RecalledMemory) => boolean,
): Promise<FoundItem[]> {
  const found: FoundItem[] = [];
  let seen = 0;
  for (const namespace of namespaces) {
    for await (const page of pagesOf(deps, namespace)) {
      seen += page.length;
      if (seen > LIMITS.memoriesScanned)
        throw new Fault(
          'PRECONDITION_FAILED',
          `more than ${LIMITS.memoriesScanned} memories would have to be read; name a workspace_id`,
        );
      found.push(...page.filter(isWanted).map(memoryItem));
      if (found.length > LIMITS.forgottenAtOnce) return found;
    }
  }
  return found;
}

function memoryItem(memory: Pick<RecalledMemory, 'id' | 'namespace' | 'kind' | 'content'>): FoundItem {
  const { id, namespace, kind, content } = memory;
  return {
    kind: 'memory',
    id,
    namespace,
    memoryKind: kind,
    why: 'asked',
    excerpt: content.slice(0, EXCERPT_CHARS),
  };
}

function keyItem(workspaceId: string, key: string): FoundItem {
  const namespace = `workspace:${workspaceId}`;
  return {
    kind: 'key',
    id: key,
    namespace,
    memoryKind: null,
    why: 'asked',
    excerpt: key.slice(0, EXCERPT_CHARS),
  };
}

function fromProvenance({ memoryId, namespace }: Provenance, why: ForgetItem['why']): FoundItem {
  return { kind: 'memory', id: memoryId, namespace, memoryKind: null, why, excerpt: '' };
}
