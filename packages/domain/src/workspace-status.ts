// Workspace statuses: the ten states of a role, which of them are transient, and what the resting ones wait for.

export const WORKSPACE_STATUSES = [
  'provisioning',
  'awaiting_agent',
  'online',
  'degraded',
  'offline',
  'failed',
  'paused',
  'hibernating',
  'hibernated',
  'removed',
] as const;
export type WorkspaceStatus = (typeof WORKSPACE_STATUSES)[number];

/** States that must end by themselves: each carries a deadline. */
export const TRANSIENT_STATUSES = ['provisioning', 'hibernating'] as const satisfies WorkspaceStatus[];
/** States held by a lease that heartbeats renew. */
export const LEASED_STATUSES = ['online', 'degraded'] as const satisfies WorkspaceStatus[];

export type WaitsFor = 'person' | 'agent' | 'message' | 'restart';

/** What each resting state waits for; `null` for states that are not resting. */
export const WAITS_FOR: Record<WorkspaceStatus, WaitsFor | null> = {
  provisioning: null,
  awaiting_agent: 'agent',
  online: null,
  degraded: null,
  offline: 'restart',
  failed: 'person',
  paused: 'person',
  hibernating: null,
  hibernated: 'message',
  removed: null,
};

export function isTransient(status: WorkspaceStatus): boolean {
  return (TRANSIENT_STATUSES as readonly string[]).includes(status);
}

export function isLeased(status: WorkspaceStatus): boolean {
  return (LEASED_STATUSES as readonly string[]).includes(status);
}

/** Targets that are away now but come back by themselves, so that a message may wait for them. */
export function comesBackByItself(status: WorkspaceStatus): boolean {
  return ['provisioning', 'offline', 'hibernating', 'hibernated'].includes(status);
}
