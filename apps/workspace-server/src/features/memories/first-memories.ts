// First memories: what a new workspace knows from the start. They are kept with the workspace's own row until the
// plugin has them, so that a crash or a plugin that is away at that moment costs nothing but time.

import { randomUUID } from 'node:crypto';
import { LIMITS, type WorkspaceState } from '@molecule/domain';
import type { PlannedMemories } from '../workspaces/index.ts';
import { isAway, plant } from './keep-promises.ts';
import { GLOBAL_IS_FOR_ROOTS } from './memory-access.ts';
import type { MemoryDeps } from './memory-deps.ts';
import type { Seed } from './memory-ledger.ts';
import { redactMemory } from './redact-memory.ts';

export class FirstMemories {
  readonly #deps: MemoryDeps;

  constructor(deps: MemoryDeps) {
    this.#deps = deps;
  }

  plan(
    workspace: Pick<WorkspaceState, 'id' | 'parentId'>,
    memories: readonly Pick<Seed, 'content' | 'scope'>[],
  ): PlannedMemories {
    const { ledger } = this.#deps;
    const kept = memories.filter(({ scope }) => scope !== 'GLOBAL' || workspace.parentId === null);
    const seeds = kept.map(
      ({ content, scope }): Seed => ({
        id: randomUUID(),
        workspaceId: workspace.id,
        scope,
        content: cutToBytes(redactMemory(content)),
      }),
    );
    return {
      stored: seeds.length,
      reason: seeds.length < memories.length ? GLOBAL_IS_FOR_ROOTS : '',
      keepIn: (tx) => (seeds.length === 0 ? Promise.resolve() : ledger.keepSeedsIn(tx, seeds)),
      handOn: () => this.#plantNow(workspace.id, seeds),
    };
  }

  /** They are kept already: what does not go well now is done by the loop. */
  async #plantNow(workspaceId: string, seeds: readonly Seed[]): Promise<void> {
    try {
      for (const seed of seeds) {
        await plant(this.#deps, seed);
        await this.#deps.ledger.planted(seed.id);
      }
    } catch (error) {
      if (!isAway(error)) throw error;
      this.#deps.log.warn({ err: error, workspaceId }, 'first memories wait for the memory plugin');
    }
  }
}

/** Between two characters, at no more bytes than a memory may have. */
function cutToBytes(text: string): string {
  const bytes = Buffer.from(text, 'utf8');
  if (bytes.length <= LIMITS.memoryContentBytes) return text;
  return bytes
    .subarray(0, LIMITS.memoryContentBytes)
    .toString('utf8')
    .replace(/\uFFFD+$/, '');
}
