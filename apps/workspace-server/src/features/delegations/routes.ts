// Delegation routes: hand over a task, list, and keep the books of what agents send by themselves.

import { delegations as contract } from '@molecule/contracts';
import { chainDepth, faults, isFault, isUuid, LIMITS, TIMEOUTS_MS } from '@molecule/domain';
import { type Binder, type Caller, isAdminClass } from '@molecule/http';
import type { FastifyInstance } from 'fastify';
import { refuseWorkspaceCaller } from '../access/index.ts';
import { requireWorkspace } from '../workspaces/index.ts';
import { type DelegateDeps, delegateTask } from './delegate-task.ts';
import type { Delegation } from './delegation-store.ts';

const PREVIEW_CHARS = 300;

export function bindDelegationRoutes(app: FastifyInstance, binder: Binder, deps: DelegateDeps): void {
  binder.bind(app, contract.delegate, async ({ caller, params, body }) => {
    const { sourceId, targetId } = partiesOf(caller, params.id, body.target_id);
    const { delegation, isHit } = await delegateTask(deps, sourceId, {
      ...body,
      target_id: targetId,
      isOwnWord: !isAdminClass(caller),
    });
    return {
      delegation_id: delegation.id,
      status: isHit ? delegation.status : 'delegated',
      target_id: delegation.targetId,
      ...(isHit ? { idempotent_hit: true } : {}),
    };
  });

  binder.bind(app, contract.listDelegations, async ({ params }) => {
    const { id } = requireWorkspace(deps.directory, params.id);
    const rows = await deps.delegations.listBySource(id, LIMITS.delegationsListed);
    return rows.flatMap(toRows).slice(0, LIMITS.delegationsListed);
  });

  binder.bind(app, contract.recordDelegation, async ({ params, body, caller }) => {
    const { id } = requireWorkspace(deps.directory, params.id);
    if (!isUuid(body.target_id)) throw faults.invalidRequest('target_id must be a valid UUID');
    const targetId = body.target_id.toLowerCase();
    // It is sent already: a chain that would not admit it is not its chain.
    const chain = deps.chains.judge({
      sender: id,
      targetId,
      claimedId: null,
      isOwnWord: !isAdminClass(caller),
    });
    await deps.delegations.create({
      id: body.delegation_id,
      sourceId: id,
      targetId,
      task: body.task,
      status: 'dispatched',
      isRecorded: true,
      idempotencyKey: null,
      error: null,
      deadlineAt: deps.clock.now() + TIMEOUTS_MS.delegation,
      maxOpen: null,
      chain: isFault(chain) ? null : chain,
    });
    deps.publishSoon();
    return { delegation_id: body.delegation_id, status: 'recorded' as const };
  });

  binder.bind(app, contract.updateDelegation, async ({ params, body }) => {
    const { id } = requireWorkspace(deps.directory, params.id);
    const { status } = body;
    if (status !== 'completed' && status !== 'failed' && status !== 'dispatched' && status !== 'queued') {
      throw faults.invalidRequest("status must be 'completed' or 'failed'");
    }
    const known = await deps.delegations.find(params.delegation_id);
    if (known?.sourceId !== id) throw faults.notFound('delegation not found');
    await deps.delegations.advance(known.id, status, {
      responseText: body.response_preview ?? null,
      error: body.error ?? null,
    });
    deps.publishSoon();
    return { status, delegation_id: known.id };
  });
}

/**
 * The path names the source and the body the target. A workspace that calls another's path with its own token and names
 * no target delegates to the path: so the published Python client does.
 */
function partiesOf(
  caller: Caller,
  path: string,
  target: string | null | undefined,
): { sourceId: string; targetId: string } {
  const isForeign = caller.kind === 'workspace' && caller.workspaceId !== path.toLowerCase();
  if (!target) {
    if (isForeign) return { sourceId: caller.workspaceId, targetId: path };
    throw faults.invalidRequest('invalid delegation request', { details: 'target_id: required' });
  }
  if (isForeign) refuseWorkspaceCaller(caller);
  return { sourceId: path, targetId: target };
}

/** A delegation that has a result shows as two rows, the result first; both carry the present status. */
function toRows(delegation: Delegation): contract.DelegationRow[] {
  const base = {
    type: 'delegation' as const,
    source_id: delegation.sourceId,
    target_id: delegation.targetId,
    status: delegation.status,
    delegation_id: delegation.id,
    ...(delegation.chain === null
      ? {}
      : { chain_id: delegation.chain.id, depth: chainDepth(delegation.chain) }),
  };
  const isEnded = delegation.status === 'completed' || delegation.status === 'failed';
  const request = {
    ...base,
    id: delegation.id,
    summary: `Delegating to ${delegation.targetId}`,
    created_at: new Date(delegation.createdAt).toISOString(),
  };
  if (!isEnded) return [request];
  const result = {
    ...base,
    id: delegation.id,
    summary:
      delegation.status === 'failed'
        ? 'Delegation failed'
        : `Delegation completed (${(delegation.responseText ?? '').slice(0, 80)})`,
    created_at: new Date(delegation.updatedAt).toISOString(),
    ...(delegation.error === null ? {} : { error: delegation.error }),
    ...(delegation.responseText === null
      ? {}
      : { response_preview: delegation.responseText.slice(0, PREVIEW_CHARS) }),
  };
  return [result, request];
}
