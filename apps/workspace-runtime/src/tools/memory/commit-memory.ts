// commit_memory: remembers something for oneself, the team or everybody, and tells the activity log that it did.

import { activity, memories } from '@molecule/contracts';
import { redactSecrets } from '@molecule/domain';
import { z } from 'zod';
import { defineTool } from '../define-tool.ts';
import type { ToolDeps } from '../tool-deps.ts';
import { failure, reply } from './memory-reply.ts';
import { sourceOf } from './memory-source.ts';

const SUMMARY_CHARS = 80;
const ID_CHARS = 24;
const PROMOTION_CHARS = 256;

export function commitMemory(deps: ToolDeps) {
  const { platform } = deps;
  return defineTool({
    name: 'commit_memory',
    description:
      'Remember a fact, decision or result across conversations. Scope LOCAL: for yourself; TEAM: for your manager and its direct reports, or your own reports if you have some; GLOBAL: for the whole organisation, by its root only. Never store passwords or keys.',
    input: z.object({ content: z.string().min(1), scope: z.string().optional() }),
    run: async (input, { signal, turn }) => {
      const scope = memories.MEMORY_SCOPES.find((known) => known === input.scope?.toUpperCase()) ?? 'LOCAL';
      const content = redactSecrets(input.content);
      try {
        const written = await platform.call(memories.createMemory, {
          params: { id: platform.workspaceId },
          body: { content, scope, ...sourceOf(turn) },
          signal,
        });
        await tell(deps, content, scope, written.id);
        return reply({ id: written.id, scope: written.scope });
      } catch (error) {
        signal.throwIfAborted();
        return failure(error);
      }
    },
  });
}

/** The memory is stored whether or not the log hears of it. */
async function tell(deps: ToolDeps, content: string, scope: string, id: string): Promise<void> {
  const summary = `[${scope}] ${content.slice(0, SUMMARY_CHARS)} (id=${id.slice(0, ID_CHARS)})`;
  await log(deps, { activity_type: 'memory_write', summary });
  const promotion = promotionOf(content);
  if (promotion !== null) {
    await log(deps, {
      activity_type: 'skill_promotion',
      method: 'memory/skill-promotion',
      summary: promotion,
    });
  }
}

async function log(
  { platform, log: ownLog }: ToolDeps,
  body: { activity_type: string; summary: string; method?: string },
): Promise<void> {
  try {
    await platform.call(activity.logActivity, { params: { id: platform.workspaceId }, body });
  } catch (error) {
    ownLog.warn({ err: error, type: body.activity_type }, 'an activity could not be logged');
  }
}

/** A memory that asks to become a skill is JSON that says so. */
function promotionOf(content: string): string | null {
  if (!content.trimStart().startsWith('{')) return null;
  try {
    const memory = JSON.parse(content) as Record<string, unknown>;
    if (!memory.promote_to_skill) return null;
    const words = [memory.summary, memory.title, memory['what changed']];
    const summary = words.find((word): word is string => typeof word === 'string' && word !== '');
    return (summary ?? 'a memory is to become a skill').slice(0, PROMOTION_CHARS);
  } catch {
    return null;
  }
}
