// Memory changes: tells open pages which namespaces changed, never what is in them.
//
//   M1. A namespace is told after the plugin was asked to change it, also when nobody knows how that ended.
//   M2. Each namespace is told at most once in a round of the loop, however much was written to it.

import type { EventHub } from '../events/index.ts';
import { ownerOf } from './memory-access.ts';
import type { MemoryPlugin } from './memory-plugin.ts';

/** More are not held: pages read again by themselves now and then. */
const HELD = 10_000;

export class MemoryChanges {
  readonly #hub: Pick<EventHub, 'broadcast'>;
  readonly #held = new Set<string>();

  constructor(hub: Pick<EventHub, 'broadcast'>) {
    this.#hub = hub;
  }

  note(namespace: string): void {
    if (this.#held.size < HELD) this.#held.add(namespace);
  }

  /** A workspace's keys stand beside its own namespace. */
  noteKeys(workspaceId: string): void {
    this.note(`workspace:${workspaceId}`);
  }

  /** Run by a supervised loop: how many namespaces were told. */
  async tell(): Promise<number> {
    const namespaces = [...this.#held];
    this.#held.clear();
    for (const namespace of namespaces)
      this.#hub.broadcast('MEMORY_CHANGED', ownerOf(namespace), { namespace });
    return namespaces.length;
  }
}

/** The same plugin; what is changed through it is noted. */
export function notingPlugin(plugin: MemoryPlugin, changes: Pick<MemoryChanges, 'note'>): MemoryPlugin {
  const noting = async <T>(namespace: string, work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } finally {
      changes.note(namespace);
    }
  };
  return {
    has: (capability) => plugin.has(capability),
    write: (namespace, write) => noting(namespace, plugin.write(namespace, write)),
    search: (search) => plugin.search(search),
    get: (namespace, memoryId) => plugin.get(namespace, memoryId),
    forget: (namespace, memoryId) => noting(namespace, plugin.forget(namespace, memoryId)),
    deleteNamespace: (namespace) => noting(namespace, plugin.deleteNamespace(namespace)),
    list: (namespace, cursor) => plugin.list(namespace, cursor),
    refresh: () => plugin.refresh(),
  };
}
