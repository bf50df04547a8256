// Route parts: what the routes of memory share: whose words these are, what an id looks like, and how failures are said.

import type { memoryPlugin, memories as wire } from '@molecule/contracts';
import { Fault, isFault, LIMITS } from '@molecule/domain';
import type { Caller } from '@molecule/http';
import type { GivenProvenance } from './commit-memory.ts';

const MEMORY_FAULTS = new Set(['MEMORY_UNAVAILABLE', 'MEMORY_PLUGIN_FAILED']);

export function sourceOf(caller: Caller): memoryPlugin.MemorySource {
  return caller.kind === 'workspace' ? 'agent' : 'user';
}

/** An id that no plugin can have is an unknown one. */
export function isMemoryId(text: string): boolean {
  return text.length <= LIMITS.memoryIdChars && /^[\x21-\x7e]+$/.test(text);
}

/** Clients match on the text of a failed call; what exactly failed stands beside it. */
export async function saying<T>(message: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isFault(error) || !MEMORY_FAULTS.has(error.code)) throw error;
    throw new Fault(error.code, message, {
      cause: error,
      ...(error.retryAfterSeconds === undefined ? {} : { retryAfterSeconds: error.retryAfterSeconds }),
      extra: { details: error.message },
    });
  }
}

/** What a client says of where a memory comes from. */
export function toGiven(given: wire.GivenProvenance): GivenProvenance {
  return {
    messageId: given.message_id ?? null,
    file: given.file ?? null,
    url: given.url ?? null,
    subjects: [...new Set((given.subjects ?? []).map((subject) => subject.toLowerCase()))],
    derivedFrom: [...new Set(given.derived_from ?? [])],
    isOutside: given.outside === true || Boolean(given.url),
  };
}
