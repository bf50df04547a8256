// Roles: what the board knows about each workspace of the tenant, and the org chart they form.

import type { workspaces } from '@molecule/contracts';
import type { WorkspaceStatus } from '@molecule/domain';
import { say } from '../../languages/say.ts';
import { readSkills, type Skill } from '../skills/model.ts';

export interface Role {
  id: string;
  name: string;
  /** What the role is for, in a person's words. */
  purpose: string | null;
  tier: number;
  status: WorkspaceStatus;
  statusReason: string | null;
  statusDetail: string | null;
  parentId: string | null;
  runtime: string;
  model: string | null;
  url: string;
  backend: string;
  /** What really separates it; null while it does not run. */
  isolation: workspaces.IsolationView | null;
  deliveryMode: string;
  currentTask: string;
  activeTasks: number;
  maxConcurrentTasks: number;
  errorRate: number;
  /** Messages that wait for it, or are on their way to it. */
  queueDepth: number;
  /** US cents this month, as the agent reports them. */
  spendCents: number;
  /** US cents a month; null without a limit. */
  budgetCents: number | null;
  lastError: string;
  uptimeSeconds: number;
  lastHeartbeatAt: string | null;
  createdAt: string;
  x: number;
  y: number;
  /** Its team is not shown on the board. */
  isCollapsed: boolean;
  /** A script answers, no model is asked: shown wherever its words are. */
  isSimulated: boolean;
  suggestedTask: string | null;
  skills: readonly Skill[];
}

export type Roles = Readonly<Record<string, Role>>;

export function toRole(view: workspaces.WorkspaceAdminView): Role {
  return {
    id: view.id,
    name: view.name,
    purpose: view.role,
    tier: view.tier,
    status: view.status,
    statusReason: view.status_reason ?? null,
    statusDetail: view.status_detail ?? null,
    parentId: view.parent_id,
    runtime: view.runtime,
    model: view.model ?? null,
    url: view.url,
    backend: view.backend ?? '',
    isolation: view.isolation ?? null,
    deliveryMode: view.delivery_mode ?? 'push',
    currentTask: view.current_task ?? '',
    activeTasks: view.active_tasks,
    maxConcurrentTasks: view.max_concurrent_tasks,
    errorRate: view.last_error_rate,
    queueDepth: view.queue_depth ?? 0,
    spendCents: view.monthly_spend,
    budgetCents: view.budget_limit,
    lastError: view.last_sample_error ?? '',
    uptimeSeconds: view.uptime_seconds,
    lastHeartbeatAt: view.last_heartbeat_at,
    createdAt: view.created_at,
    x: view.x,
    y: view.y,
    isCollapsed: view.collapsed,
    ...readCard(view.agent_card, view.runtime),
  };
}

/** A role that an event named before its row was read. */
export function unreadRole(id: string, at: string): Role {
  return {
    id,
    name: say('workspaces.newWorkspace'),
    purpose: null,
    tier: 0,
    status: 'provisioning',
    statusReason: null,
    statusDetail: null,
    parentId: null,
    runtime: '',
    model: null,
    url: '',
    backend: '',
    isolation: null,
    deliveryMode: 'push',
    currentTask: '',
    activeTasks: 0,
    maxConcurrentTasks: 1,
    errorRate: 0,
    queueDepth: 0,
    spendCents: 0,
    budgetCents: null,
    lastError: '',
    uptimeSeconds: 0,
    lastHeartbeatAt: null,
    createdAt: at,
    x: 0,
    y: 0,
    isCollapsed: false,
    isSimulated: false,
    suggestedTask: null,
    skills: [],
  };
}

/** The things that the canvas takes from an agent card. Cards come from agents: nothing about them is certain. */
export function readCard(
  card: unknown,
  runtime: string,
): Pick<Role, 'isSimulated' | 'suggestedTask' | 'skills'> {
  const own = isObject(card) && isObject(card.molecule) ? card.molecule : {};
  const task = own.suggested_task;
  return {
    isSimulated: own.simulated === true || runtime === 'rehearsal',
    suggestedTask: typeof task === 'string' && task !== '' ? task.slice(0, 2000) : null,
    skills: readSkills(card),
  };
}

/** Children of each role in the server's order; roles whose parent is not here stand at the top, under `null`. */
export function childrenByParent(roles: Roles): Map<string | null, Role[]> {
  const chart = new Map<string | null, Role[]>();
  for (const role of Object.values(roles)) {
    const parent = role.parentId !== null && roles[role.parentId] ? role.parentId : null;
    const siblings = chart.get(parent);
    if (siblings) siblings.push(role);
    else chart.set(parent, [role]);
  }
  return chart;
}

/** Derives something from all roles once for each reading of them, however many ask. */
export function oncePerRoles<T>(derive: (roles: Roles) => T): (roles: Roles) => T {
  const known = new WeakMap<Roles, { value: T }>();
  return (roles) => {
    const found = known.get(roles);
    if (found) return found.value;
    const value = derive(roles);
    known.set(roles, { value });
    return value;
  };
}

export const nameById = oncePerRoles((roles) =>
  Object.fromEntries(Object.values(roles).map((role) => [role.id, role.name])),
);

export interface Census {
  total: number;
  online: number;
  working: number;
  needAttention: number;
}

export const countRoles = oncePerRoles((roles): Census => {
  const census: Census = { total: 0, online: 0, working: 0, needAttention: 0 };
  for (const role of Object.values(roles)) {
    census.total++;
    if (role.status === 'online' || role.status === 'degraded') census.online++;
    if (role.activeTasks > 0) census.working++;
    if (role.status === 'failed' || role.status === 'degraded' || role.status === 'offline') {
      census.needAttention++;
    }
  }
  return census;
});

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
