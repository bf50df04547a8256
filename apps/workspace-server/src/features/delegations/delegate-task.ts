// Delegate task: accept a delegation (committed), then drive it to its end in the background.

import { randomUUID } from 'node:crypto';
import { canCommunicate, faults, isUuid, LIMITS, TIMEOUTS_MS } from '@molecule/domain';
import type { Clock } from '@molecule/kit';
import { requireWorkspace, type WorkspaceDirectory } from '../workspaces/index.ts';
import type { Delegation, DelegationStore } from './delegation-store.ts';

export interface DelegateDeps {
  delegations: DelegationStore;
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
  input: { target_id: string; task: string; idempotency_key?: string | null },
): Promise<{ delegation: Delegation; isHit: boolean }> {
  const source = requireWorkspace(deps.directory, sourceId);
  if (!isUuid(input.target_id)) throw faults.invalidRequest('target_id must be a valid UUID');
  const targetId = input.target_id.toLowerCase();
  if (targetId === source.id) throw faults.invalidRequest('self-delegation not permitted');
  const isAllowed = canCommunicate(deps.directory, source.id, targetId);
  const { delegation, isNew } = await deps.delegations.create({
    id: randomUUID(),
    sourceId: source.id,
    targetId,
    task: input.task,
    status: isAllowed ? 'pending' : 'failed',
    isRecorded: false,
    idempotencyKey: isAllowed ? (input.idempotency_key ?? null) : null,
    error: isAllowed ? null : DENIED,
    deadlineAt: isAllowed ? deps.clock.now() + TIMEOUTS_MS.delegation : null,
    maxOpen: LIMITS.delegationsInFlight,
  });
  deps.publishSoon();
  if (!isAllowed) throw faults.forbidden(DENIED);
  if (isNew) deps.driveSoon();
  return { delegation, isHit: !isNew };
}
