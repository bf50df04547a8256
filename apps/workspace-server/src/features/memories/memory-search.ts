// Memory search: what a workspace may read that holds a text, as rows of its session search. Without the plugin the
// session is searched all the same, by what the workspace did.

import { LIMITS } from '@molecule/domain';
import type { SessionQuery, SessionRow, SessionSource } from '../activity/index.ts';
import { prefixWide } from './frame-memories.ts';
import { isAway } from './keep-promises.ts';
import { namespacesOf, scopeOf } from './memory-access.ts';
import type { MemoryDeps } from './memory-deps.ts';
import { recallMemories } from './recall-memories.ts';

export class MemorySearch implements SessionSource {
  readonly #deps: MemoryDeps;

  constructor(deps: MemoryDeps) {
    this.#deps = deps;
  }

  async search({ workspaceId, text, limit }: SessionQuery): Promise<SessionRow[]> {
    const { directory, orgs, log } = this.#deps;
    const namespaces = namespacesOf(directory, orgs, workspaceId).map(({ name }) => name);
    const query = text.slice(0, LIMITS.memoryQueryChars);
    try {
      const found = await recallMemories(this.#deps, {
        namespaces,
        query,
        kinds: null,
        tag: null,
        writerId: null,
        limit: Math.min(limit, LIMITS.memoriesFoundMax),
      });
      return found
        .map((memory) => ({
          kind: 'memory' as const,
          id: memory.id,
          workspaceId: memory.writerId ?? workspaceId,
          label: scopeOf(memory.namespace),
          content: prefixWide(memory, workspaceId),
          method: null,
          status: null,
          createdAt: memory.createdAt,
          requestBody: null,
          responseBody: null,
        }))
        .sort((a, b) => b.createdAt - a.createdAt);
    } catch (error) {
      if (!isAway(error)) throw error;
      log.warn({ err: error, workspaceId }, 'a session is searched without its memories');
      return [];
    }
  }
}
