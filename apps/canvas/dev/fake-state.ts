// Fake state: the rows, events and activity of a tenant that exists only in this process.

import { randomUUID } from 'node:crypto';
import type { activity, events, workspaces } from '@molecule/contracts';
import { DEMO_ROLES } from './demo-organisation.ts';

type Json = Record<string, unknown>;
export type FakeWorkspace = workspaces.WorkspaceAdminView;

export class FakeState {
  readonly workspaces = new Map<string, FakeWorkspace>();
  readonly events: events.EventRow[] = [];
  readonly activity: activity.ActivityRow[] = [];
  readonly listeners = new Set<(frame: events.EventFrame) => void>();
  viewport = { x: 0, y: 0, zoom: 1 };
  #seq = 0;
  #activitySeq = 0;

  store(event: events.StoredEventType, workspaceId: string, payload: Json): void {
    const created_at = new Date().toISOString();
    const row = {
      id: randomUUID(),
      event_type: event,
      workspace_id: workspaceId,
      payload,
      created_at,
      seq: ++this.#seq,
    };
    this.events.push(row);
    this.#tell({ event, workspace_id: workspaceId, timestamp: created_at, payload, seq: row.seq });
  }

  broadcast(event: events.BroadcastEventType, workspaceId: string, payload: Json): void {
    this.#tell({ event, workspace_id: workspaceId, timestamp: new Date().toISOString(), payload });
  }

  log(workspaceId: string, fields: Partial<activity.ActivityRow> & { activity_type: string }): void {
    const row: activity.ActivityRow = {
      id: randomUUID(),
      workspace_id: workspaceId,
      source_id: null,
      target_id: null,
      method: null,
      summary: null,
      duration_ms: null,
      status: 'ok',
      error_detail: null,
      created_at: new Date().toISOString(),
      seq: ++this.#activitySeq,
      ...fields,
    };
    this.activity.push(row);
    const { request_body: _in, response_body: _out, ...told } = row;
    this.broadcast('ACTIVITY_LOGGED', workspaceId, told);
  }

  add(fields: {
    name: string;
    role: string | null;
    parentId: string | null;
    runtime: string;
  }): FakeWorkspace {
    const id = randomUUID();
    const workspace = blankWorkspace(id, fields);
    this.workspaces.set(id, workspace);
    this.store('WORKSPACE_PROVISIONING', id, {
      name: fields.name,
      tier: 2,
      runtime: fields.runtime,
      ...(fields.parentId ? { parent_id: fields.parentId } : {}),
    });
    return workspace;
  }

  online(workspace: FakeWorkspace, suggestedTask: string | null = null): void {
    const molecule = {
      engine: workspace.runtime,
      simulated: workspace.runtime === 'rehearsal',
      ...(suggestedTask ? { suggested_task: suggestedTask } : {}),
    };
    Object.assign(workspace, {
      status: 'online',
      status_reason: null,
      status_detail: null,
      url: `http://127.0.0.1:${40_000 + this.workspaces.size}`,
      agent_card: { name: workspace.name, version: '1.0.0', molecule },
      last_heartbeat_at: new Date().toISOString(),
      uptime_seconds: 1,
    });
    this.store('WORKSPACE_ONLINE', workspace.id, { url: workspace.url, agent_card: workspace.agent_card });
  }

  work(workspace: FakeWorkspace, task: string, delta: 1 | -1): void {
    workspace.active_tasks = Math.max(0, workspace.active_tasks + delta);
    workspace.current_task = workspace.active_tasks > 0 ? task : '';
    this.broadcast('TASK_UPDATED', workspace.id, {
      current_task: workspace.current_task,
      active_tasks: workspace.active_tasks,
    });
  }

  byName(name: string): FakeWorkspace {
    const found = [...this.workspaces.values()].find((one) => one.name === name);
    if (!found) throw new Error(`the fake tenant has no role "${name}"`);
    return found;
  }

  importDemo(): FakeWorkspace[] {
    const made: FakeWorkspace[] = [];
    for (const role of DEMO_ROLES) {
      const parentId = role.reportsTo ? this.byName(role.reportsTo).id : null;
      made.push(this.add({ name: role.name, role: role.role, parentId, runtime: 'rehearsal' }));
    }
    return made;
  }

  #tell(frame: events.EventFrame): void {
    for (const listener of this.listeners) listener(frame);
  }
}

function blankWorkspace(
  id: string,
  {
    name,
    role,
    parentId,
    runtime,
  }: { name: string; role: string | null; parentId: string | null; runtime: string },
): FakeWorkspace {
  return {
    id,
    name,
    role,
    tier: 2,
    status: 'provisioning',
    agent_card: null,
    url: '',
    parent_id: parentId,
    active_tasks: 0,
    max_concurrent_tasks: 4,
    last_error_rate: 0,
    uptime_seconds: 0,
    runtime,
    x: 16,
    y: 130,
    collapsed: false,
    last_heartbeat_at: null,
    last_outbound_at: null,
    created_at: new Date().toISOString(),
    delivery_mode: 'push',
    backend: 'process',
    status_reason: null,
    status_detail: null,
    last_sample_error: '',
    current_task: '',
    workspace_dir: null,
    budget_limit: null,
    monthly_spend: 0,
    model: null,
    hibernation_idle_minutes: 0,
  };
}
