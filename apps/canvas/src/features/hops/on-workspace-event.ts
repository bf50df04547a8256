// Folds one event into the hops: who has just asked whom, and which of those questions have ended.

import type { events } from '@molecule/contracts';
import { type HopOutcome, type Hops, stepHop } from './model.ts';

type Handler = (hops: Hops, frame: events.EventFrame, nowMs: number) => Hops;

const keep: Handler = (hops) => hops;

/** A role that is gone or stopped has nothing under way. */
const dropAll: Handler = (hops, frame) => {
  const kept = Object.values(hops).filter(
    (hop) => hop.sourceId !== frame.workspace_id && hop.targetId !== frame.workspace_id,
  );
  if (kept.length === Object.keys(hops).length) return hops;
  return Object.fromEntries(kept.map((hop) => [hop.key, hop]));
};

const endDelegation =
  (outcome: HopOutcome): Handler =>
  (hops, frame, nowMs) => {
    const delegationId = String(frame.payload.delegation_id ?? '');
    const targetId =
      idOf(frame.payload.target_id) ??
      Object.values(hops).find((hop) => hop.delegations.includes(delegationId))?.targetId;
    if (!targetId) return hops;
    return stepHop(
      hops,
      frame.workspace_id,
      targetId,
      { kind: 'delegation_ended', delegationId, outcome },
      nowMs,
    );
  };

/** One row per event of the contract: an event that is new there fails type-check here. */
const HANDLERS: Record<events.EventType, Handler> = {
  ACTIVITY_LOGGED: (hops, frame, nowMs) => {
    const { payload } = frame;
    const sourceId = idOf(payload.source_id);
    const targetId = idOf(payload.target_id);
    if (!sourceId || !targetId) return hops;
    if (payload.activity_type === 'a2a_send') {
      return stepHop(hops, sourceId, targetId, { kind: 'started' }, nowMs);
    }
    if (payload.activity_type !== 'a2a_receive') return hops;
    const toldBy = frame.workspace_id === sourceId ? 'sender' : 'relay';
    const outcome = payload.status === 'ok' ? 'ok' : 'error';
    return stepHop(hops, sourceId, targetId, { kind: 'ended', toldBy, outcome }, nowMs);
  },
  DELEGATION_SENT: (hops, frame, nowMs) => {
    const targetId = idOf(frame.payload.target_id);
    const delegationId = idOf(frame.payload.delegation_id);
    if (!targetId || !delegationId) return hops;
    return stepHop(hops, frame.workspace_id, targetId, { kind: 'delegated', delegationId }, nowMs);
  },
  DELEGATION_STATUS: keep,
  DELEGATION_COMPLETE: endDelegation('ok'),
  DELEGATION_FAILED: endDelegation('error'),
  WORKSPACE_PROVISIONING: dropAll,
  WORKSPACE_OFFLINE: dropAll,
  WORKSPACE_PROVISION_FAILED: dropAll,
  WORKSPACE_PAUSED: dropAll,
  WORKSPACE_HIBERNATED: dropAll,
  WORKSPACE_AWAITING_AGENT: dropAll,
  WORKSPACE_REMOVED: dropAll,
  WORKSPACE_ONLINE: keep,
  WORKSPACE_DEGRADED: keep,
  WORKSPACE_EXPANDED: keep,
  WORKSPACE_COLLAPSED: keep,
  WORKSPACE_MOVED: keep,
  WORKSPACE_UPDATED: keep,
  AGENT_CARD_UPDATED: keep,
  AGENT_ASSIGNED: keep,
  AGENT_REPLACED: keep,
  AGENT_REMOVED: keep,
  AGENT_MOVED: keep,
  APPROVAL_REQUESTED: keep,
  APPROVAL_ESCALATED: keep,
  APPROVAL_APPROVED: keep,
  APPROVAL_DENIED: keep,
  APPROVAL_DECIDED: keep,
  MESSAGE_ENDED: keep,
  AUDIT: keep,
  TASK_UPDATED: keep,
  WORKSPACE_HEARTBEAT: keep,
  AGENT_MESSAGE: keep,
  A2A_RESPONSE: keep,
  MEMORY_CHANGED: keep,
  QUEUE_CHANGED: keep,
};

export function foldHops(hops: Hops, frame: events.EventFrame, nowMs: number): Hops {
  const handler = (HANDLERS as Record<string, Handler | undefined>)[frame.event];
  return handler ? handler(hops, frame, nowMs) : hops;
}

function idOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}
