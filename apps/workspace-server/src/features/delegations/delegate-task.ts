// Delegate task: accept a delegation (committed), then drive it to its end in the background.

import { randomUUID } from 'node:crypto';
import {
  canCommunicate,
  type DelegationChain,
  type Fault,
  faults,
  isFault,
  isUuid,
  LIMITS,
  TIMEOUTS_MS,
} from '@molecule/domain';
import type { Clock } from '@molecule/kit';
import type { OpenChains } from '../relay/index.ts';
import { requireWorkspace, type WorkspaceDirectory } from '../workspaces/index.ts';
import type { Delegation, DelegationStore } from './delegation-store.ts';

export interface DelegateDeps {
  delegations: DelegationStore;
  chains: OpenChains;
  directory: WorkspaceDirectory;
  clock: Clock;
  publishSoon(): void;
  /** Wakes the loop that drives delegations. */
  driveSoon(): void;
}

const DENIED = 'access denied: workspaces cannot communicate per hierarchy rules';

export async function delegateTask(
  deps: DelegateDeps,
  sourceId: string,
  input: {
    target_id: string;
    task: string;
    idempotency_key?: string | null;
    chain_id?: string | null;
    /** False where somebody else acts for the source. */
    isOwnWord: boolean;
  },
): Promise<{ delegation: Delegation; isHit: boolean }> {
  const source = requireWorkspace(deps.directory, sourceId);
  if (!isUuid(input.target_id)) throw faults.invalidRequest('target_id must be a valid UUID');
  const targetId = input.target_id.toLowerCase();
  if (targetId === source.id) throw faults.invalidRequest('self-delegation not permitted');
  const verdict = judgeHop(deps, source.id, targetId, input);
  const refusal = isFault(verdict) ? verdict : null;
  const { delegation, isNew } = await deps.delegations.create({
    id: randomUUID(),
    sourceId: source.id,
    targetId,
    task: input.task,
    status: refusal ? 'failed' : 'pending',
    isRecorded: false,
    idempotencyKey: refusal ? null : (input.idempotency_key ?? null),
    error: refusal?.message ?? null,
    deadlineAt: refusal ? null : deps.clock.now() + TIMEOUTS_MS.delegation,
    chain: isFault(verdict) ? null : verdict,
    maxOpen: LIMITS.delegationsInFlight,
  });
  deps.publishSoon();
  if (refusal) throw refusal;
  if (isNew) deps.driveSoon();
  return { delegation, isHit: !isNew };
}

/** The chain in which the task goes on, or why it may not: the chart first, then the chain. */
function judgeHop(
  deps: DelegateDeps,
  sourceId: string,
  targetId: string,
  input: { chain_id?: string | null; isOwnWord: boolean },
): DelegationChain | Fault {
  if (!canCommunicate(deps.directory, sourceId, targetId)) return faults.forbidden(DENIED);
  const claimedId = input.chain_id?.toLowerCase() ?? null;
  return deps.chains.judge({ sender: sourceId, targetId, claimedId, isOwnWord: input.isOwnWord });
}
