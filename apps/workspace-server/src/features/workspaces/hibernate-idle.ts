// Hibernate idle: workspaces that had no task for as long as they were told free their process. The next message wakes them.
//
//   H1. Idleness counts from the last task, the start of the agent or its creation, whichever came last; heartbeats are no task.
//   H2. A message on its way, or one that waits, keeps a workspace awake; the claim looks again under the row's lock.
//   H3. One workspace that does not stop keeps no other waiting.

import { isFault, LIMITS, type WorkspaceState } from '@molecule/domain';
import { type Log, Semaphore } from '@molecule/kit';
import { type HibernateDeps, hibernateWorkspace } from './hibernate-workspace.ts';
import type { Vitals } from './vitals.ts';

const ACTOR = 'system:hibernation-monitor';
const MINUTE_MS = 60_000;

export interface HibernateIdleDeps extends HibernateDeps {
  log: Log;
  /** Does a message wait for this workspace? */
  hasOpenMessages(workspaceId: string): boolean;
}

/** One round; run by a supervised loop. */
export async function hibernateIdle(deps: HibernateIdleDeps): Promise<void> {
  const lane = new Semaphore(LIMITS.startsInFlight);
  const idle = deps.directory.live().filter((state) => isIdle(deps, state));
  await Promise.all(idle.map((state) => lane.run(() => tryToHibernate(deps, state))));
}

async function tryToHibernate(deps: HibernateIdleDeps, state: WorkspaceState): Promise<void> {
  try {
    await hibernateWorkspace(deps, ACTOR, state.id, false);
  } catch (error) {
    // Work that came in between is no failure; a unit that did not stop is, and its deadline ends it.
    if (isFault(error) && ['WORKSPACE_NOT_FOUND', 'CONFLICT'].includes(error.code)) return;
    deps.log.error({ err: error, workspaceId: state.id }, 'an idle workspace could not be hibernated');
  }
}

function isIdle(deps: HibernateIdleDeps, state: WorkspaceState): boolean {
  const limitMs = state.hibernationIdleMinutes * MINUTE_MS;
  if (limitMs <= 0 || state.backend === 'external') return false;
  if (state.status !== 'online' && state.status !== 'degraded') return false;
  const vitals = deps.vitals.of(state.id);
  const isWorking = deps.inFlight(state.id) > 0;
  if (isWorking) deps.vitals.note(state.id, { lastTaskAt: deps.clock.now() });
  if (isWorking || vitals.activeTasks > 0 || deps.hasOpenMessages(state.id)) return false;
  return deps.clock.now() - idleSince(state, vitals) >= limitMs;
}

/** Epoch milliseconds. */
export function idleSince(state: Pick<WorkspaceState, 'createdAt'>, vitals: Vitals): number {
  const startedAt = (vitals.lastHeartbeatAt ?? 0) - vitals.uptimeSeconds * 1000;
  return Math.max(state.createdAt, vitals.lastTaskAt ?? 0, startedAt);
}
