// Hygiene round: looks through namespaces, one after the other, until the budget of the round is used up; the next round goes
// on where this one stopped.
//
//   O1. A round reads at most LIMITS.hygieneRows memories and takes at most ROUND_MS; it gives way to others after every page.
//   O2. Within one namespace, what stands further apart than LIMITS.hygieneRows memories is not compared.

import { LIMITS } from '@molecule/domain';
import type { Clock } from '@molecule/kit';
import { everyNamespace, type MemoryDeps, pagesOf } from '../memories/index.ts';
import { byReading, Comparison } from './find-suggestions.ts';
import type { HygieneStore, NewSuggestion } from './hygiene-store.ts';
import type { ReadMarks } from './read-marks.ts';

const ROUND_MS = 20_000;

export interface CareDeps {
  memories: MemoryDeps;
  store: HygieneStore;
  marks: ReadMarks;
  clock: Clock;
}

export interface RoundReport {
  examined: number;
  suggested: number;
  /** Whether every namespace was looked through since the last time this was true. */
  isWhole: boolean;
}

export class HygieneRound {
  readonly #deps: CareDeps;
  /** The last namespace that was looked through to its end. */
  #after = '';

  constructor(deps: CareDeps) {
    this.#deps = deps;
  }

  async run(): Promise<RoundReport> {
    const { memories, marks, clock } = this.#deps;
    await marks.write();
    const endAt = clock.now() + ROUND_MS;
    const report: RoundReport = { examined: 0, suggested: 0, isWhole: false };
    const namespaces = everyNamespace(memories).sort();
    for (const namespace of namespaces.filter((name) => name > this.#after)) {
      const isDone = await this.#lookThrough(namespace, report, endAt);
      if (isDone) this.#after = namespace;
      if (!isDone || report.examined >= LIMITS.hygieneRows || clock.now() >= endAt) return report;
    }
    this.#after = '';
    return { ...report, isWhole: true };
  }

  /** False when the budget ended before the namespace did and something was left for the next round. */
  async #lookThrough(namespace: string, report: RoundReport, endAt: number): Promise<boolean> {
    const { memories, store, clock } = this.#deps;
    const comparison = new Comparison();
    const before = report.examined;
    for await (const page of pagesOf(memories, namespace)) {
      const found: NewSuggestion[] = [];
      for (const memory of page) {
        const pair = comparison.add(memory);
        if (pair) found.push(pair);
      }
      found.push(...(await byReading(store, page, clock.now())));
      report.suggested += await store.suggest(found);
      report.examined += page.length;
      // A namespace that is larger than a whole round is left at its budget, or no other would ever have its turn.
      if (report.examined - before >= LIMITS.hygieneRows) return true;
      if (clock.now() >= endAt) return before === 0;
      await new Promise((resolve) => setImmediate(resolve));
    }
    return true;
  }
}
