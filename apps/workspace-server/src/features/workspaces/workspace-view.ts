// Workspace view: a workspace as the wire shows it.

import type { config, workspaces } from '@molecule/contracts';
import { isLeased, unseenIsolation, type WorkspaceState } from '@molecule/domain';
import { isoOrNull } from './require-workspace.ts';
import type { ConfigNumbers } from './unit-config.ts';
import type { Vitals } from './vitals.ts';

type ConfigOf = Pick<ConfigNumbers, 'view'>;

export function toView(state: WorkspaceState, vitals: Vitals, configs: ConfigOf): workspaces.WorkspaceView {
  return {
    id: state.id,
    name: state.name,
    role: state.role,
    tier: state.tier,
    status: state.status,
    agent_card: (state.agentCard as Record<string, unknown> | null) ?? null,
    url: state.url,
    parent_id: state.parentId,
    active_tasks: vitals.activeTasks,
    max_concurrent_tasks: state.maxConcurrentTasks,
    last_error_rate: vitals.errorRate,
    uptime_seconds: vitals.uptimeSeconds,
    runtime: state.runtime,
    x: state.x,
    y: state.y,
    collapsed: state.isCollapsed,
    last_heartbeat_at: isoOrNull(vitals.lastHeartbeatAt),
    last_outbound_at: isoOrNull(vitals.lastOutboundAt),
    created_at: new Date(state.createdAt).toISOString(),
    delivery_mode: state.deliveryMode ?? 'push',
    backend: state.backend,
    status_reason: state.statusReason,
    status_detail: state.statusDetail,
    config_generation: configOf(state, vitals, configs),
    isolation: isolationOf(state),
  };
}

/** Of an agent that runs, as its start left it. What was started elsewhere, or before this was kept, is not claimed. */
function isolationOf({ status, backend, tier, isUrlOurs, isolation }: WorkspaceState) {
  if (!isLeased(status)) return null;
  if (backend === 'external') return unseenIsolation('elsewhere', backend, tier);
  if (!isUrlOurs || isolation === null) return unseenIsolation('unknown', backend, tier);
  return isolation;
}

/** What an agent that is away once ran says nothing of what it will run. */
function configOf(state: WorkspaceState, vitals: Vitals, configs: ConfigOf): config.ConfigGeneration {
  const reported = isLeased(state.status) ? (vitals.runtimeMetadata?.config_generation ?? null) : null;
  const { wanted, running, isDrifted } = configs.view(state.id, reported);
  return { wanted, running, drift: isDrifted };
}

export function toAdminView(
  state: WorkspaceState,
  vitals: Vitals,
  configs: ConfigOf,
  queueDepth?: number,
): workspaces.WorkspaceAdminView {
  return {
    ...toView(state, vitals, configs),
    last_sample_error: vitals.lastSampleError || (state.statusDetail ?? ''),
    current_task: vitals.currentTask,
    workspace_dir: state.workspaceDir,
    budget_limit: state.budgetLimitCents,
    monthly_spend: vitals.monthlySpendCents,
    model: state.model,
    hibernation_idle_minutes: state.hibernationIdleMinutes,
    ...(queueDepth === undefined ? {} : { queue_depth: queueDepth }),
  };
}
