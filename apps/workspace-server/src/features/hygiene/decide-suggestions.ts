// Decide suggestions: what a person accepts is done, each for itself; what cannot be done stays open.

import type { memories as wire } from '@molecule/contracts';
import { isFault } from '@molecule/domain';
import { changeMemory, forgetOne } from '../memories/index.ts';
import type { CareDeps } from './hygiene-round.ts';
import type { Suggestion } from './hygiene-store.ts';

export async function decideSuggestions(
  deps: CareDeps,
  ids: readonly string[],
  decision: 'accept' | 'dismiss',
  by: string,
): Promise<wire.SuggestionVerdict[]> {
  const known = new Map((await deps.store.read(ids)).map((one) => [one.id, one]));
  const verdicts: wire.SuggestionVerdict[] = [];
  for (const id of new Set(ids)) {
    const suggestion = known.get(id);
    if (suggestion?.state !== 'open') {
      verdicts.push({ id, outcome: 'not_open', error: null });
      continue;
    }
    verdicts.push(await decide(deps, suggestion, decision, by));
  }
  return verdicts;
}

async function decide(
  deps: CareDeps,
  suggestion: Suggestion,
  decision: 'accept' | 'dismiss',
  by: string,
): Promise<wire.SuggestionVerdict> {
  const { id } = suggestion;
  try {
    // Decided first: a forgetting takes the suggestion away with the memory.
    const isOurs = await deps.store.decide(id, decision === 'accept' ? 'accepted' : 'dismissed', by);
    if (!isOurs) return { id, outcome: 'not_open', error: null };
    if (decision === 'dismiss') return { id, outcome: 'dismissed', error: null };
    return { id, outcome: await carryOut(deps, suggestion, by), error: null };
  } catch (error) {
    if (!isFault(error)) throw error;
    await deps.store.reopen(id);
    return { id, outcome: 'failed', error: error.message };
  }
}

/** A memory that is gone by now needs nothing done to it. */
async function carryOut(
  { memories }: CareDeps,
  { kind, memoryId, namespace }: Suggestion,
  by: string,
): Promise<'forgotten' | 'kept' | 'gone'> {
  const memory = { id: memoryId, namespace };
  if (kind !== 'expiring') return (await forgetOne(memories, memory, by)) ? 'forgotten' : 'gone';
  try {
    await changeMemory(memories, memory, { expiresAt: null });
    return 'kept';
  } catch (error) {
    if (isFault(error) && error.code === 'NOT_FOUND') return 'gone';
    throw error;
  }
}
