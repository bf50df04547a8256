// Folds one event into the roles. Pure, total and idempotent: the same event twice leaves the same roles.

import type { events } from '@molecule/contracts';
import { isObject, type Role, type Roles, readCard, unreadRole } from './model.ts';

export interface RolesAfter {
  roles: Roles;
  /** True when the event says that something changed but not what: the list must be read again. */
  isStale: boolean;
}

type Handler = (roles: Roles, frame: events.EventFrame) => RolesAfter;

/** One row per event of the contract: an event that is new there fails type-check here. */
const HANDLERS: Record<events.EventType, Handler> = {
  WORKSPACE_PROVISIONING: (roles, frame) => {
    const { payload } = frame;
    const known = roles[frame.workspace_id];
    const before = known ?? unreadRole(frame.workspace_id, frame.timestamp);
    const role: Role = {
      ...before,
      ...readPlan(payload),
      status: 'provisioning',
      statusReason: null,
      statusDetail: null,
      url: '',
      activeTasks: 0,
      currentTask: '',
    };
    return {
      roles: put(roles, { ...role, isSimulated: role.isSimulated || role.runtime === 'rehearsal' }),
      isStale: !known,
    };
  },
  // What separates it is known from its start on, and stands in the list.
  WORKSPACE_ONLINE: (roles, frame) => {
    const after = change(roles, frame, (role) => ({
      status: 'online',
      statusReason: null,
      statusDetail: null,
      url: textOf(frame.payload.url) ?? role.url,
      ...cardOf(frame, role),
    }));
    const isUnseen = after.roles[frame.workspace_id]?.isolation === null;
    return { roles: after.roles, isStale: after.isStale || isUnseen };
  },
  WORKSPACE_OFFLINE: (roles, frame) => change(roles, frame, () => ({ status: 'offline', ...idle })),
  WORKSPACE_DEGRADED: (roles, frame) =>
    change(roles, frame, (role) => ({
      status: 'degraded',
      lastError: textOf(frame.payload.sample_error) ?? role.lastError,
      errorRate: numberOf(frame.payload.error_rate) ?? role.errorRate,
    })),
  WORKSPACE_PROVISION_FAILED: (roles, frame) => ({
    ...change(roles, frame, (role) => ({
      status: 'failed',
      statusDetail: textOf(frame.payload.error) ?? role.statusDetail,
      ...idle,
    })),
    isStale: true,
  }),
  WORKSPACE_PAUSED: (roles, frame) => change(roles, frame, () => ({ status: 'paused', url: '', ...idle })),
  WORKSPACE_HIBERNATED: (roles, frame) =>
    change(roles, frame, () => ({ status: 'hibernated', url: '', ...idle })),
  WORKSPACE_AWAITING_AGENT: (roles, frame) =>
    change(roles, frame, () => ({ status: 'awaiting_agent', ...idle })),
  WORKSPACE_REMOVED: (roles, frame) => {
    if (!roles[frame.workspace_id]) return { roles, isStale: false };
    const { [frame.workspace_id]: _removed, ...rest } = roles;
    return { roles: rest, isStale: false };
  },
  WORKSPACE_EXPANDED: reread,
  WORKSPACE_COLLAPSED: reread,
  WORKSPACE_MOVED: (roles, frame) =>
    change(roles, frame, () => ({ parentId: textOf(frame.payload.new_parent_id) })),
  WORKSPACE_UPDATED: reread,
  AGENT_CARD_UPDATED: (roles, frame) => change(roles, frame, (role) => cardOf(frame, role)),
  AGENT_ASSIGNED: reread,
  AGENT_REPLACED: reread,
  AGENT_REMOVED: reread,
  AGENT_MOVED: reread,
  TASK_UPDATED: (roles, frame) =>
    change(roles, frame, (role) => ({
      currentTask: textOf(frame.payload.current_task) ?? '',
      activeTasks: numberOf(frame.payload.active_tasks) ?? role.activeTasks,
    })),
  WORKSPACE_HEARTBEAT: (roles, frame) =>
    change(roles, frame, (role) => ({
      activeTasks: numberOf(frame.payload.active_tasks) ?? role.activeTasks,
      uptimeSeconds: numberOf(frame.payload.uptime_seconds) ?? role.uptimeSeconds,
      lastHeartbeatAt: frame.timestamp,
    })),
  APPROVAL_REQUESTED: keep,
  APPROVAL_ESCALATED: keep,
  APPROVAL_APPROVED: keep,
  APPROVAL_DENIED: keep,
  APPROVAL_DECIDED: keep,
  DELEGATION_SENT: keep,
  DELEGATION_STATUS: keep,
  DELEGATION_COMPLETE: keep,
  DELEGATION_FAILED: keep,
  MESSAGE_ENDED: keep,
  AUDIT: keep,
  ACTIVITY_LOGGED: keep,
  AGENT_MESSAGE: keep,
  A2A_RESPONSE: keep,
  MEMORY_CHANGED: keep,
  QUEUE_CHANGED: (roles, frame) =>
    change(roles, frame, (role) => ({ queueDepth: numberOf(frame.payload.queue_depth) ?? role.queueDepth })),
};

/** Folds one event; `roles` stays as it was. */
export function foldRoles(roles: Roles, frame: events.EventFrame): RolesAfter {
  return foldAllRoles(roles, [frame]);
}

/** Folds many events with one copy of the roles. */
export function foldAllRoles(before: Roles, frames: readonly events.EventFrame[]): RolesAfter {
  let roles = before;
  let isStale = false;
  for (const frame of frames) {
    const after = foldOne(roles, frame);
    roles = after.roles;
    isStale ||= after.isStale;
  }
  drafts.delete(roles);
  return { roles, isStale };
}

/** Copies that nobody has seen yet: only these are written into. */
const drafts = new WeakSet<Roles>();

function foldOne(roles: Roles, frame: events.EventFrame): RolesAfter {
  const handler = (HANDLERS as Record<string, Handler | undefined>)[frame.event];
  // A newer server may tell events that this build does not know: reading the list again is always right.
  return handler ? handler(roles, frame) : { roles, isStale: true };
}

const idle = { activeTasks: 0, currentTask: '' } as const;

function keep(roles: Roles): RolesAfter {
  return { roles, isStale: false };
}

function reread(roles: Roles): RolesAfter {
  return { roles, isStale: true };
}

function change(roles: Roles, frame: events.EventFrame, patch: (role: Role) => Partial<Role>): RolesAfter {
  const role = roles[frame.workspace_id];
  if (!role) return { roles, isStale: true };
  return { roles: put(roles, { ...role, ...patch(role) }), isStale: false };
}

function put(roles: Roles, role: Role): Roles {
  if (drafts.has(roles)) {
    (roles as Record<string, Role>)[role.id] = role;
    return roles;
  }
  const draft = { ...roles, [role.id]: role };
  drafts.add(draft);
  return draft;
}

function readPlan(payload: Record<string, unknown>): Partial<Role> {
  const plan: Partial<Role> = {};
  const name = textOf(payload.name);
  const runtime = textOf(payload.runtime);
  const tier = numberOf(payload.tier);
  const parentId = textOf(payload.parent_id);
  if (name !== null) plan.name = name;
  if (runtime !== null) plan.runtime = runtime;
  if (tier !== null) plan.tier = tier;
  if (parentId !== null) plan.parentId = parentId;
  return plan;
}

function cardOf(frame: events.EventFrame, role: Role): Partial<Role> {
  const card = frame.payload.agent_card;
  return isObject(card) ? readCard(card, role.runtime) : {};
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function numberOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}
