// Hygiene routes: suggestions with what they are about, decisions, and a round now.

import { memories as contract } from '@molecule/contracts';
import { LIMITS } from '@molecule/domain';
import { type Binder, describeCaller } from '@molecule/http';
import type { FastifyInstance } from 'fastify';
import { redactMemory } from '../memories/index.ts';
import { decideSuggestions } from './decide-suggestions.ts';
import type { CareDeps, HygieneRound } from './hygiene-round.ts';
import type { Suggestion } from './hygiene-store.ts';

export interface HygieneRouteDeps extends CareDeps {
  round: HygieneRound;
}

export function bindHygieneRoutes(app: FastifyInstance, binder: Binder, deps: HygieneRouteDeps): void {
  binder.bind(app, contract.listSuggestions, async ({ query }) => {
    const found = await deps.store.list(query.state, query.limit);
    return Promise.all(found.map((one) => toWire(deps, one)));
  });

  binder.bind(app, contract.decideSuggestions, async ({ caller, body }) => ({
    results: await decideSuggestions(deps, body.ids, body.decision, describeCaller(caller)),
  }));

  binder.bind(app, contract.runHygiene, async () => {
    const { examined, suggested, isWhole } = await deps.round.run();
    return { examined, suggested, whole: isWhole };
  });
}

async function toWire({ memories }: CareDeps, one: Suggestion): Promise<contract.Suggestion> {
  const text = async (id: string | null) => {
    if (id === null || one.state !== 'open') return null;
    const found = await memories.plugin.get(one.namespace, id);
    return found === null ? null : redactMemory(found.content).slice(0, LIMITS.suggestionExcerptChars);
  };
  const [excerpt, other] = [await text(one.memoryId), await text(one.otherId)];
  return {
    id: one.id,
    kind: one.kind,
    state: one.state,
    memory_id: one.memoryId,
    namespace: one.namespace,
    other_id: one.otherId,
    detail: one.detail,
    excerpt,
    other_excerpt: other,
    created_at: new Date(one.createdAt).toISOString(),
  };
}
