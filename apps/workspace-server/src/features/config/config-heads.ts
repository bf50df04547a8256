// Config heads: which configuration each workspace should run, and which it runs, held in memory.
//
//   H1. Every number only goes up, so it does not matter in which order commits are told.

import type { ConfigHead } from './config-store.ts';

export interface GenerationView {
  /** The newest configuration; null for a workspace that is not known here. */
  wanted: number | null;
  /** What the agent said it runs; null when it has not said. */
  running: number | null;
  /** The agent runs something older than what is wanted. */
  isDrifted: boolean;
}

export class ConfigHeads {
  readonly #heads = new Map<string, ConfigHead>();
  /** Workspaces whose unit was started with less than it must run. */
  readonly #behind = new Set<string>();

  apply(heads: readonly ConfigHead[]): void {
    for (const head of heads) {
      const known = this.#heads.get(head.workspaceId);
      const merged = known ? merge(known, head) : head;
      this.#heads.set(head.workspaceId, merged);
      if (merged.restartAtLeast > (merged.started ?? 0)) this.#behind.add(head.workspaceId);
      else this.#behind.delete(head.workspaceId);
    }
  }

  get(workspaceId: string): ConfigHead | null {
    return this.#heads.get(workspaceId) ?? null;
  }

  behind(): readonly string[] {
    return [...this.#behind];
  }

  forget(workspaceId: string): void {
    this.#heads.delete(workspaceId);
    this.#behind.delete(workspaceId);
  }

  view(workspaceId: string, reported: number | null): GenerationView {
    const wanted = this.get(workspaceId)?.number ?? null;
    return {
      wanted,
      running: reported,
      isDrifted: reported !== null && wanted !== null && reported < wanted,
    };
  }
}

function merge(a: ConfigHead, b: ConfigHead): ConfigHead {
  return {
    workspaceId: a.workspaceId,
    number: Math.max(a.number, b.number),
    restartAtLeast: Math.max(a.restartAtLeast, b.restartAtLeast),
    started: Math.max(a.started ?? 0, b.started ?? 0) || null,
  };
}
