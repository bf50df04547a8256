// Vitals store on Postgres: one statement for a whole batch of heartbeats.

import type { Db } from '@molecule/postgres';
import type { Vitals, VitalsStore } from './vitals.ts';

interface Row {
  workspace_id: string;
  active_tasks: number;
  error_rate: number;
  last_sample_error: string;
  current_task: string;
  uptime_seconds: number;
  monthly_spend_cents: number;
  runtime_state: string;
  runtime_metadata: Vitals['runtimeMetadata'];
  last_heartbeat_at: number | null;
  last_outbound_at: number | null;
  last_task_at: number | null;
}

export class PgVitalsStore implements VitalsStore {
  readonly #db: Db;

  constructor(db: Db) {
    this.#db = db;
  }

  async loadAll(): Promise<Map<string, Vitals>> {
    const rows = await this.#db.query<Row>('select * from workspace_vitals');
    return new Map(
      rows.map((row) => [
        row.workspace_id,
        {
          activeTasks: row.active_tasks,
          errorRate: row.error_rate,
          lastSampleError: row.last_sample_error,
          currentTask: row.current_task,
          uptimeSeconds: row.uptime_seconds,
          monthlySpendCents: row.monthly_spend_cents,
          runtimeState: row.runtime_state,
          runtimeMetadata: row.runtime_metadata,
          lastHeartbeatAt: row.last_heartbeat_at,
          lastOutboundAt: row.last_outbound_at,
          lastTaskAt: row.last_task_at,
        },
      ]),
    );
  }

  async save(batch: ReadonlyMap<string, Vitals>): Promise<void> {
    const entries = [...batch];
    const column = <T>(pick: (vitals: Vitals) => T): T[] => entries.map(([, vitals]) => pick(vitals));
    const date = (ms: number | null) => (ms === null ? null : new Date(ms));
    await this.#db.query(
      `update workspace_vitals v set
         active_tasks = b.active_tasks, error_rate = b.error_rate, last_sample_error = b.last_sample_error,
         current_task = b.current_task, uptime_seconds = b.uptime_seconds,
         monthly_spend_cents = b.monthly_spend_cents, runtime_state = b.runtime_state,
         runtime_metadata = b.runtime_metadata, last_heartbeat_at = b.last_heartbeat_at,
         last_outbound_at = b.last_outbound_at, last_task_at = b.last_task_at
       from unnest($1::uuid[], $2::int[], $3::float8[], $4::text[], $5::text[], $6::bigint[], $7::bigint[],
                   $8::text[], $9::json[], $10::timestamptz[], $11::timestamptz[], $12::timestamptz[])
         as b(workspace_id, active_tasks, error_rate, last_sample_error, current_task, uptime_seconds,
              monthly_spend_cents, runtime_state, runtime_metadata, last_heartbeat_at, last_outbound_at, last_task_at)
       where v.workspace_id = b.workspace_id`,
      [
        entries.map(([id]) => id),
        column((v) => v.activeTasks),
        column((v) => v.errorRate),
        column((v) => v.lastSampleError),
        column((v) => v.currentTask),
        column((v) => v.uptimeSeconds),
        column((v) => v.monthlySpendCents),
        column((v) => v.runtimeState),
        column((v) => (v.runtimeMetadata === null ? null : JSON.stringify(v.runtimeMetadata))),
        column((v) => date(v.lastHeartbeatAt)),
        column((v) => date(v.lastOutboundAt)),
        column((v) => date(v.lastTaskAt)),
      ],
    );
  }
}
