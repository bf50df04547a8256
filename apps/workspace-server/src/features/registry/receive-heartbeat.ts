// Receive heartbeat: an agent is alive. Numbers go to the vital signs, a change of status to the lifecycle.

import type { registry } from '@molecule/contracts';
import {
  faults,
  LIMITS,
  type LifecycleTrigger,
  parseWorkspaceId,
  triggersOfBeat,
  type WorkspaceState,
} from '@molecule/domain';
import type { Caller } from '@molecule/http';
import { type AccessStore, requireOwnToken } from '../access/index.ts';
import type { EventHub } from '../events/index.ts';
import {
  type EditDeps,
  isoOrNull,
  transitionWorkspace,
  type VitalSigns,
  type Vitals,
} from '../workspaces/index.ts';

export interface HeartbeatDeps extends EditDeps {
  access: AccessStore;
  vitals: VitalSigns;
  hub: EventHub;
  /** Cuts the secrets of the workspace out of a text. */
  mask(workspaceId: string, text: string): Promise<string>;
  onHeardOf(workspaceId: string): void;
}

export async function receiveHeartbeat(
  deps: HeartbeatDeps,
  caller: Caller,
  beat: registry.HeartbeatInput,
): Promise<void> {
  const id = parseWorkspaceId(beat.workspace_id);
  if (!id) throw faults.invalidRequest('invalid request body', { details: 'workspace_id must be a UUID' });
  const workspace = deps.directory.get(id);
  if (!(caller.kind === 'removed_workspace' && caller.workspaceId === id)) {
    requireOwnToken(caller, id, deps.access, { admits: 'own_or_admin' });
  }
  if (!workspace) throw faults.workspaceNotFound();
  if (workspace.status === 'removed') throw faults.workspaceRemoved(id, isoOrNull(workspace.removedAt));

  const before = deps.vitals.of(id);
  const patch = await maskNotes(deps, id, readBeat(beat, before), before);
  const now = deps.clock.now();
  const isAtWork = before.activeTasks > 0 || (patch.activeTasks ?? 0) > 0;
  await deps.vitals.report(id, {
    ...patch,
    lastHeartbeatAt: now,
    ...(isAtWork ? { lastTaskAt: now } : {}),
  });
  const after = deps.vitals.of(id);
  const generation = after.runtimeMetadata?.config_generation;
  await followStatus(deps, workspace, after, beat);
  if (after.currentTask !== before.currentTask) {
    deps.hub.broadcast('TASK_UPDATED', id, {
      current_task: after.currentTask,
      active_tasks: after.activeTasks,
    });
  }
  deps.hub.broadcast('WORKSPACE_HEARTBEAT', id, {
    active_tasks: after.activeTasks,
    uptime_seconds: after.uptimeSeconds,
    ...(generation ? { config_generation: generation } : {}),
  });
  deps.onHeardOf(id);
}

/** An agent that failed may repeat what it was given. */
async function maskNotes(
  { mask }: HeartbeatDeps,
  id: string,
  patch: Partial<Vitals>,
  before: Vitals,
): Promise<Partial<Vitals>> {
  const masked = { ...patch };
  for (const field of ['lastSampleError', 'currentTask'] as const) {
    const text = patch[field];
    if (text && text !== before[field]) masked[field] = await mask(id, text);
  }
  return masked;
}

/** Fields that a beat leaves out keep their value; only the metadata's overrides are replaced by every beat. */
function readBeat(beat: registry.HeartbeatInput, before: Vitals): Partial<Vitals> {
  const clamp = (value: number, max: number) => Math.min(Math.max(value, 0), max);
  const int = (value: number, max: number) => Math.trunc(clamp(value, max));
  return {
    ...(beat.error_rate == null ? {} : { errorRate: clamp(beat.error_rate, 1) }),
    ...(beat.sample_error == null
      ? {}
      : { lastSampleError: beat.sample_error.slice(0, LIMITS.activityErrorChars) }),
    ...(beat.active_tasks == null ? {} : { activeTasks: int(beat.active_tasks, 1_000_000) }),
    ...(beat.uptime_seconds == null ? {} : { uptimeSeconds: int(beat.uptime_seconds, 10_000_000_000) }),
    ...(beat.current_task == null ? {} : { currentTask: beat.current_task.slice(0, LIMITS.roleChars) }),
    ...(beat.monthly_spend != null && beat.monthly_spend > 0
      ? { monthlySpendCents: int(beat.monthly_spend, LIMITS.monthlySpendCentsMax) }
      : {}),
    runtimeState: beat.runtime_state === 'wedged' ? 'wedged' : '',
    runtimeMetadata: beat.runtime_metadata ?? (before.runtimeMetadata === null ? null : {}),
  };
}

async function followStatus(
  deps: HeartbeatDeps,
  workspace: WorkspaceState,
  vitals: Vitals,
  beat: registry.HeartbeatInput,
): Promise<void> {
  const triggers = triggersOfBeat(workspace.status, {
    errorRate: vitals.errorRate,
    isWedged: vitals.runtimeState === 'wedged',
    ownsStatus: beat.runtime_metadata?.capabilities?.status_mgmt === true,
  });
  for (const trigger of triggers) {
    await transitionWorkspace(deps, {
      id: workspace.id,
      trigger,
      actor: `workspace:${workspace.id}`,
      payload: (before) => payloadOf(trigger, before, vitals),
      patch: beat.agent_card && workspace.agentCard === null ? { agentCard: beat.agent_card } : {},
    });
  }
}

function payloadOf(
  trigger: LifecycleTrigger,
  before: WorkspaceState,
  vitals: Vitals,
): Record<string, unknown> {
  if (trigger === 'heartbeat_failing') {
    return vitals.runtimeState === 'wedged'
      ? { runtime_state: 'wedged', sample_error: vitals.lastSampleError }
      : { error_rate: vitals.errorRate, sample_error: vitals.lastSampleError };
  }
  const isRecovery = ['provisioning', 'failed', 'awaiting_agent'].includes(before.status);
  return isRecovery ? { recovered_from: before.status } : {};
}
