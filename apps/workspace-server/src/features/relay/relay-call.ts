// Relay call: what goes into the relay and what comes out.

import type { DelegationChain } from '@molecule/domain';
import type { Envelope } from './envelope.ts';

/** Null stands for a person (canvas, operator); a string for a workspace or, inside the server, a system caller. */
export type SenderId = string | null;

export interface RelayInput {
  sender: SenderId;
  targetId: string;
  envelope: Envelope;
  /** Milliseconds; null for none. */
  deadlineMs: number | null;
  hasNoCeiling: boolean;
  /** From `Prefer`: answer 202 at once, or refuse like the reference when the target is away. */
  preference?: 'respond-async' | 'strict' | null;
  headers?: Record<string, string>;
  /** Known inside the server; from the network it is judged by what the sender works on. */
  chain?: DelegationChain | null;
}

export interface RelayAnswer {
  status: number;
  /** JSON bytes as the agent sent them, or an object made here. */
  body: Buffer | Record<string, unknown>;
}
