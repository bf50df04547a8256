// Unit ledger: which instance the control plane holds for which workspace, as far as this tenant knows. One small file each,
// written before the control plane is asked, so that a crash at any moment leaves a trace of what may run there.

import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { faults, isUuid } from '@molecule/domain';
import { writeAtomically } from '../unit-folders.ts';

export interface LedgerEntry {
  /**
   * `starting`: asked for, answer unknown. `running`: placed. `leaving`: to be ended, not confirmed. `stopped`: ended; a
   * volume may be kept.
   */
  phase: 'starting' | 'running' | 'leaving' | 'stopped';
  /** Null until the control plane has named it. */
  instanceId: string | null;
  /** When it was asked for. Epoch milliseconds. */
  createdAt: number;
}

export class UnitLedger {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async save(workspaceId: string, entry: LedgerEntry): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    await writeAtomically(this.#fileOf(workspaceId), JSON.stringify(entry), 0o600);
  }

  /** Null: nothing of this workspace was ever placed. Rejects for an entry that makes no sense. */
  async read(workspaceId: string): Promise<LedgerEntry | null> {
    try {
      return JSON.parse(await readFile(this.#fileOf(workspaceId), 'utf8')) as LedgerEntry;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    }
  }

  async drop(workspaceId: string): Promise<void> {
    await rm(this.#fileOf(workspaceId), { force: true });
  }

  async all(): Promise<{ workspaceId: string; entry: LedgerEntry }[]> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const found: { workspaceId: string; entry: LedgerEntry }[] = [];
    for (const name of await readdir(this.#folder)) {
      const workspaceId = name.replace(/\.json$/, '');
      const entry = name.endsWith('.json') && isUuid(workspaceId) ? await this.read(workspaceId) : null;
      if (entry) found.push({ workspaceId, entry });
    }
    return found;
  }

  #fileOf(workspaceId: string): string {
    if (!isUuid(workspaceId)) throw faults.invalidWorkspaceId();
    return join(this.#folder, `${workspaceId}.json`);
  }
}
