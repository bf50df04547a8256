// Memory deps: what the use-cases of memory share, and the namespaces of those who wrote for everybody.

import type { Clock, Log } from '@molecule/kit';
import type { RecordDeps } from '../activity/index.ts';
import type { KeyValueStore } from '../key-values/index.ts';
import type { WorkspaceDirectory } from '../workspaces/index.ts';
import type { ForgetLedger } from './forget-ledger.ts';
import type { OrgNamespaces } from './memory-access.ts';
import type { MemoryLedger } from './memory-ledger.ts';
import type { MemoryPlugin } from './memory-plugin.ts';
import type { WriteLimit } from './write-limit.ts';

export interface MemoryDeps {
  plugin: MemoryPlugin;
  ledger: MemoryLedger;
  forgetting: ForgetLedger;
  keyValues: Pick<KeyValueStore, 'list' | 'remove'>;
  /** How long backups are kept, as receipts say. */
  backupDays: number;
  /** Ids of what somebody just read; takes no time. */
  onRead: (memoryIds: readonly string[]) => void;
  directory: WorkspaceDirectory;
  orgs: OrgWriters;
  limit: WriteLimit;
  record: RecordDeps;
  clock: Clock;
  log: Log;
}

/** Loaded at the start, told of every write for everybody; only workspaces that are not purged count. */
export class OrgWriters implements OrgNamespaces {
  readonly #writers = new Set<string>();
  readonly #directory: Pick<WorkspaceDirectory, 'get' | 'childrenOf'>;

  constructor(directory: Pick<WorkspaceDirectory, 'get' | 'childrenOf'>) {
    this.#directory = directory;
  }

  async load(ledger: Pick<MemoryLedger, 'orgWriters'>): Promise<void> {
    for (const id of await ledger.orgWriters()) this.#writers.add(id);
  }

  note(id: string): void {
    this.#writers.add(id);
  }

  roots(): readonly string[] {
    return [...this.#writers].filter((id) => this.#directory.get(id) !== null);
  }
}
