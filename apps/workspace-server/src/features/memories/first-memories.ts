// First memories: what a new workspace knows from the start. They are kept here until the plugin has them, so that a
// plugin that is away at that moment costs nothing but time.

import { randomUUID } from 'node:crypto';
import { isFault, LIMITS } from '@molecule/domain';
import { isAway, plant } from './keep-promises.ts';
import { namespaceForScope } from './memory-access.ts';
import type { MemoryDeps } from './memory-deps.ts';
import type { Seed } from './memory-ledger.ts';
import { redactMemory } from './redact-memory.ts';

export class FirstMemories {
  readonly #deps: MemoryDeps;

  constructor(deps: MemoryDeps) {
    this.#deps = deps;
  }

  /** How many were kept and, if some were not, why. */
  async store(
    workspaceId: string,
    memories: readonly Pick<Seed, 'content' | 'scope'>[],
  ): Promise<{ stored: number; reason: string }> {
    const { ledger, log } = this.#deps;
    let reason = '';
    const seeds = memories.flatMap(({ content, scope }): Seed[] => {
      try {
        namespaceForScope(this.#deps.directory, { id: workspaceId }, scope);
        return [{ id: randomUUID(), workspaceId, scope, content: cutToBytes(redactMemory(content)) }];
      } catch (error) {
        if (!isFault(error)) throw error;
        reason = error.message;
        return [];
      }
    });
    if (seeds.length === 0) return { stored: 0, reason };
    await ledger.keepSeeds(seeds);
    try {
      for (const seed of seeds) {
        await plant(this.#deps, seed);
        await ledger.planted(seed.id);
      }
    } catch (error) {
      if (!isAway(error)) throw error;
      log.warn({ err: error, workspaceId }, 'first memories wait for the memory plugin');
    }
    return { stored: seeds.length, reason };
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
