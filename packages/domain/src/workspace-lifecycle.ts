// Workspace lifecycle: the one place that decides a status.
//
//   W1. A status changes only by a row of TRANSITIONS; a trigger with no row for the present status changes nothing.
//   W2. `removed` is terminal.
//   W3. Entering a transient status always sets a deadline; leaving it clears the deadline.
//   W4. A trigger that changes nothing tells nothing: no event without a changed row.

import { isTransient, type WorkspaceStatus } from './workspace-status.ts';

export type LifecycleTrigger =
  | 'register'
  | 'heartbeat'
  | 'heartbeat_failing'
  | 'heartbeat_recovered'
  | 'lease_expired'
  | 'process_gone'
  | 'external_stale'
  | 'provision_failed'
  | 'provision_requested'
  | 'external_awaited'
  | 'wake'
  | 'pause'
  | 'resume'
  | 'hibernate_claimed'
  | 'hibernate_done'
  | 'hibernate_timed_out'
  | 'crash_loop'
  | 'remove';

export type LifecycleEvent =
  | 'WORKSPACE_PROVISIONING'
  | 'WORKSPACE_ONLINE'
  | 'WORKSPACE_OFFLINE'
  | 'WORKSPACE_DEGRADED'
  | 'WORKSPACE_PROVISION_FAILED'
  | 'WORKSPACE_PAUSED'
  | 'WORKSPACE_HIBERNATED'
  | 'WORKSPACE_AWAITING_AGENT'
  | 'WORKSPACE_REMOVED';

export interface Transition {
  trigger: LifecycleTrigger;
  from: readonly WorkspaceStatus[];
  to: WorkspaceStatus;
  /** Events to tell, in order; empty for the silent claim that precedes a visible change. */
  events: readonly LifecycleEvent[];
}

const LIVE: readonly WorkspaceStatus[] = [
  'provisioning',
  'awaiting_agent',
  'online',
  'degraded',
  'offline',
  'failed',
];

export const TRANSITIONS: readonly Transition[] = [
  { trigger: 'register', from: LIVE, to: 'online', events: ['WORKSPACE_ONLINE'] },
  {
    trigger: 'heartbeat',
    from: ['offline', 'provisioning', 'failed', 'awaiting_agent'],
    to: 'online',
    events: ['WORKSPACE_ONLINE'],
  },
  { trigger: 'heartbeat_failing', from: ['online'], to: 'degraded', events: ['WORKSPACE_DEGRADED'] },
  { trigger: 'heartbeat_recovered', from: ['degraded'], to: 'online', events: ['WORKSPACE_ONLINE'] },
  { trigger: 'lease_expired', from: ['online', 'degraded'], to: 'offline', events: ['WORKSPACE_OFFLINE'] },
  { trigger: 'process_gone', from: ['online', 'degraded'], to: 'offline', events: ['WORKSPACE_OFFLINE'] },
  {
    trigger: 'external_stale',
    from: ['online', 'degraded'],
    to: 'awaiting_agent',
    events: ['WORKSPACE_OFFLINE', 'WORKSPACE_AWAITING_AGENT'],
  },
  {
    trigger: 'provision_failed',
    from: ['provisioning'],
    to: 'failed',
    events: ['WORKSPACE_PROVISION_FAILED'],
  },
  {
    trigger: 'crash_loop',
    from: ['provisioning', 'offline', 'online', 'degraded'],
    to: 'failed',
    events: ['WORKSPACE_PROVISION_FAILED'],
  },
  {
    trigger: 'provision_requested',
    from: ['provisioning', 'online', 'degraded', 'offline', 'failed', 'hibernated', 'paused'],
    to: 'provisioning',
    events: ['WORKSPACE_PROVISIONING'],
  },
  {
    trigger: 'external_awaited',
    from: ['provisioning', 'online', 'degraded', 'offline', 'failed', 'paused'],
    to: 'awaiting_agent',
    events: ['WORKSPACE_AWAITING_AGENT'],
  },
  {
    trigger: 'wake',
    from: ['hibernated', 'offline'],
    to: 'provisioning',
    events: ['WORKSPACE_PROVISIONING'],
  },
  {
    trigger: 'pause',
    from: [...LIVE, 'hibernating', 'hibernated'],
    to: 'paused',
    events: ['WORKSPACE_PAUSED'],
  },
  { trigger: 'resume', from: ['paused'], to: 'provisioning', events: ['WORKSPACE_PROVISIONING'] },
  { trigger: 'hibernate_claimed', from: ['online', 'degraded'], to: 'hibernating', events: [] },
  { trigger: 'hibernate_done', from: ['hibernating'], to: 'hibernated', events: ['WORKSPACE_HIBERNATED'] },
  { trigger: 'hibernate_timed_out', from: ['hibernating'], to: 'offline', events: ['WORKSPACE_OFFLINE'] },
  {
    trigger: 'remove',
    from: [...LIVE, 'paused', 'hibernating', 'hibernated'],
    to: 'removed',
    events: ['WORKSPACE_REMOVED'],
  },
];

export interface LifecycleDecision {
  from: WorkspaceStatus;
  to: WorkspaceStatus;
  events: readonly LifecycleEvent[];
  /** True when the new status must carry a deadline. */
  needsDeadline: boolean;
}

/** The next status for a trigger, or `null` when the trigger changes nothing (W1). */
export function decideTransition(from: WorkspaceStatus, trigger: LifecycleTrigger): LifecycleDecision | null {
  const row = TRANSITIONS.find((t) => t.trigger === trigger && t.from.includes(from));
  if (!row) return null;
  return { from, to: row.to, events: row.events, needsDeadline: isTransient(row.to) };
}

export const DEGRADE_AT_ERROR_RATE = 0.5;
export const RECOVER_BELOW_ERROR_RATE = 0.1;

export interface Beat {
  errorRate: number;
  isWedged: boolean;
  /** The engine decides about its own status: the server does not derive degraded or online from error rates. */
  ownsStatus: boolean;
}

/** Which triggers a heartbeat means for a workspace that has this status. At most one changes anything. */
export function triggersOfBeat(status: WorkspaceStatus, beat: Beat): LifecycleTrigger[] {
  if (status === 'online') {
    if (beat.isWedged) return ['heartbeat_failing'];
    if (!beat.ownsStatus && beat.errorRate >= DEGRADE_AT_ERROR_RATE) return ['heartbeat_failing'];
    return [];
  }
  if (status === 'degraded') {
    if (!beat.isWedged && !beat.ownsStatus && beat.errorRate < RECOVER_BELOW_ERROR_RATE) {
      return ['heartbeat_recovered'];
    }
    return [];
  }
  return ['heartbeat'];
}
