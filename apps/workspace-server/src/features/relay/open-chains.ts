// Open chains: which chains of delegations each workspace works on, so that what it hands on continues the right one.
//
//   O1. A chain is open at a workspace while a message of it is with its agent.
//   O2. What a sender says about its chain counts only if that chain was handed to it within the time of a delegation.
//   O3. Of a sender that says nothing, the newest open chain that admits the hop goes on; the hop is refused when there
//       are open chains and none admits it.
//   O4. Both memories are bounded and end with the process; delegations and queued messages carry their chain in their
//       rows.

import { randomUUID } from 'node:crypto';
import {
  type DelegationChain,
  extendChain,
  type Fault,
  isFault,
  isUuid,
  TIMEOUTS_MS,
} from '@molecule/domain';
import type { Clock } from '@molecule/kit';
import type { SenderId } from './relay-call.ts';

const MAX_HANDED = 50_000;

export interface Hop {
  sender: SenderId;
  targetId: string;
  /** The chain that the sender says it works on. */
  claimedId: string | null;
  /** False where somebody else acts for the sender: what it works on says nothing then. */
  isOwnWord?: boolean;
}

export class OpenChains {
  readonly #clock: Clock;
  readonly #open = new Map<string, Set<DelegationChain>>();
  /** By workspace and chain id; the oldest first. */
  readonly #handed = new Map<string, { chain: DelegationChain; at: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The chain in which this hop goes, or the fault that refuses it. */
  judge(hop: Hop): DelegationChain | Fault {
    const { sender, targetId, claimedId, isOwnWord = true } = hop;
    if (!isUuid(sender) || sender === targetId) return { id: randomUUID(), path: [targetId] };
    const claimed = claimedId === null ? null : this.#claimed(sender, claimedId);
    const candidates = claimed ? [claimed] : isOwnWord ? [...(this.#open.get(sender) ?? [])].reverse() : [];
    let refusal: Fault | null = null;
    for (const chain of candidates) {
      const next = extendChain(chain, targetId);
      if (!isFault(next)) return next;
      refusal ??= next;
    }
    return refusal ?? { id: randomUUID(), path: [sender, targetId] };
  }

  /** The workspace's agent gets a message of this chain (O1). Returns what to call when it has answered. */
  enter(workspaceId: string, chain: DelegationChain): () => void {
    this.handOver(workspaceId, chain);
    const open = this.#open.get(workspaceId) ?? new Set();
    this.#open.set(workspaceId, open);
    // One message, one entry: the same chain may come twice.
    const entry = { ...chain };
    open.add(entry);
    return () => {
      open.delete(entry);
      if (open.size === 0 && this.#open.get(workspaceId) === open) this.#open.delete(workspaceId);
    };
  }

  /** The agent fetches the message, or may go on with it after its call has ended (O2). */
  handOver(workspaceId: string, chain: DelegationChain): void {
    const key = keyOf(workspaceId, chain.id);
    this.#handed.delete(key);
    this.#handed.set(key, { chain, at: this.#clock.now() });
    if (this.#handed.size <= MAX_HANDED) return;
    const [oldest] = this.#handed.keys();
    if (oldest !== undefined) this.#handed.delete(oldest);
  }

  #claimed(workspaceId: string, chainId: string): DelegationChain | null {
    const handed = this.#handed.get(keyOf(workspaceId, chainId));
    return handed && this.#clock.now() - handed.at < TIMEOUTS_MS.delegation ? handed.chain : null;
  }
}

function keyOf(workspaceId: string, chainId: string): string {
  return `${workspaceId}\n${chainId}`;
}
