// Memory source: what a turn says of where a memory comes from: the message, and whether that came from outside the
// organisation.

import type { memories } from '@molecule/contracts';
import { LIMITS } from '@molecule/domain';
import type { Turn } from '../../engines/engine.ts';

/** Empty when the turn names no message and nothing was made of other memories. */
export function sourceOf(
  turn: Turn,
  derivedFrom: readonly string[] = [],
): { provenance?: memories.GivenProvenance } {
  const { messageId } = turn;
  if (!messageId && derivedFrom.length === 0) return {};
  return {
    provenance: {
      ...(messageId ? { message_id: messageId.slice(0, LIMITS.provenanceChars) } : {}),
      ...(derivedFrom.length === 0 ? {} : { derived_from: [...derivedFrom] }),
      ...(isFromOutside(turn) ? { outside: true } : {}),
    },
  };
}

/** What a webhook brought in is somebody else's words. */
function isFromOutside({ metadata }: Turn): boolean {
  return metadata.source === 'github';
}
