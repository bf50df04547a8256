// Delegation chain: the way by which a task came to a workspace, and whether it may go on from there.
//
//   C1. A workspace stands on a chain once: a task never comes back to one that waits for it.
//   C2. A chain is at most LIMITS.delegationDepth hops long.

import { type Fault, faults } from './faults.ts';
import { LIMITS } from './limits.ts';

export interface DelegationChain {
  /** A UUID. */
  id: string;
  /** The ids of the workspaces on the way; the last one works on the task. */
  path: readonly string[];
}

/** How many times the task was handed on. */
export function chainDepth(chain: DelegationChain): number {
  return Math.max(0, chain.path.length - 1);
}

/** The chain with one more hop, or the fault that says why not. */
export function extendChain(chain: DelegationChain, targetId: string): DelegationChain | Fault {
  if (chain.path.includes(targetId)) return faults.delegationCycle(chain.id);
  if (chainDepth(chain) >= LIMITS.delegationDepth) {
    return faults.delegationTooDeep(chain.id, LIMITS.delegationDepth);
  }
  return { id: chain.id, path: [...chain.path, targetId] };
}
