// Memory plugin: what the server asks of whoever keeps the memories. Its answers are checked for shape here and for
// everything else by those who ask. Failures are MEMORY_UNAVAILABLE, MEMORY_PLUGIN_FAILED or MEMORY_NOT_CONFIGURED.

import type { memoryPlugin as wire } from '@molecule/contracts';

export interface PluginWrite {
  id: string;
  content: string;
  kind: wire.MemoryKind;
  source: wire.MemorySource;
  /** Epoch milliseconds, as the other times. */
  expiresAt: number | null;
  isPinned: boolean;
  propagation: Record<string, unknown>;
  /** Kept where the plugin can. */
  createdAt: number | null;
}

export interface PluginSearch {
  namespaces: readonly string[];
  query: string;
  kinds: readonly wire.MemoryKind[] | null;
  /** Rows whose propagation holds these texts, where the plugin can filter. */
  propagation: Record<string, string> | null;
  limit: number;
}

export interface MemoryPlugin {
  has(capability: wire.Capability): Promise<boolean>;
  write(namespace: string, write: PluginWrite): Promise<void>;
  search(search: PluginSearch): Promise<wire.Memory[]>;
  /** One memory, or null: by its id where the plugin can, else looked for in what it lists or finds. */
  get(namespace: string, memoryId: string): Promise<wire.Memory | null>;
  /** False when there is no such memory in this namespace. */
  forget(namespace: string, memoryId: string): Promise<boolean>;
  /** With its memories; nothing to delete is no failure. */
  deleteNamespace(namespace: string): Promise<void>;
  /** A page of everything, in a stable order; needs the capability `list`. */
  list(namespace: string, cursor: string | null): Promise<{ memories: wire.Memory[]; cursor: string | null }>;
  /** Asks how the plugin is and what it can do. */
  refresh(): Promise<void>;
}
