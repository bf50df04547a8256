// Vital signs in memory: heartbeats change them here and are acknowledged after their batch was committed.

import { GroupCommit } from '../../group-commit.ts';
import { NO_VITALS, type Vitals, type VitalsStore } from './vitals.ts';

export class VitalSigns {
  readonly #store: VitalsStore;
  readonly #vitals = new Map<string, Vitals>();
  readonly #unsaved = new Set<string>();
  readonly #commits: GroupCommit<string>;

  constructor(store: VitalsStore) {
    this.#store = store;
    this.#commits = new GroupCommit<string>({
      write: (ids) => this.#save(ids),
      maxBatch: 2_000,
      maxInFlight: 1,
      maxWaiting: 50_000,
    });
  }

  async load(): Promise<void> {
    for (const [id, vitals] of await this.#store.loadAll()) this.#vitals.set(id, vitals);
  }

  of(id: string): Vitals {
    return this.#vitals.get(id) ?? NO_VITALS;
  }

  /** Changes the vitals at once and resolves when they are committed. */
  async report(id: string, patch: Partial<Vitals>): Promise<void> {
    this.#vitals.set(id, { ...this.of(id), ...patch });
    await this.#commits.add(id);
  }

  /** Changes the vitals at once and leaves writing them to the next flush: for times that may be lost in a crash. */
  note(id: string, patch: Partial<Vitals>): void {
    this.#vitals.set(id, { ...this.of(id), ...patch });
    this.#unsaved.add(id);
  }

  /** Writes what `note` left. Run by a supervised loop. */
  async flush(): Promise<void> {
    const ids = [...this.#unsaved];
    this.#unsaved.clear();
    if (ids.length > 0) await this.#save(ids);
  }

  forget(id: string): void {
    this.#vitals.delete(id);
    this.#unsaved.delete(id);
  }

  #save(ids: string[]): Promise<void> {
    return this.#store.save(new Map(ids.map((id) => [id, this.of(id)])));
  }
}
