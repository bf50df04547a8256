// Unit store on Postgres.

import type { Clock } from '@molecule/kit';
import type { Db } from '@molecule/postgres';
import type { UnitRow, UnitStore } from './unit-store.ts';

interface Row {
  org_id: string;
  workspace_id: string;
  instance_id: string | null;
  state: UnitRow['state'];
}

const FIELDS = 'org_id, workspace_id, instance_id, state';
const MAX_LISTED = 100;

export class PgUnitStore implements UnitStore {
  readonly #db: Db;
  readonly #clock: Clock;

  constructor(db: Db, clock: Clock) {
    this.#db = db;
    this.#clock = clock;
  }

  claim(
    unit: { orgId: string; workspaceId: string; runtime: string; tier: number },
    max: number | null,
  ): Promise<UnitRow | null> {
    const { orgId, workspaceId, runtime, tier } = unit;
    return this.#db.tx(async (tx) => {
      await tx.query('select 1 from orgs where id = $1 for update', [orgId]);
      const [{ count } = { count: 0 }] = await tx.query<{ count: number }>(
        `select count(*)::integer as count from workspace_units
         where org_id = $1 and workspace_id <> $2 and state <> 'terminated'`,
        [orgId, workspaceId],
      );
      if (max !== null && count >= max) return null;
      const [row] = await tx.query<Row>(
        `insert into workspace_units (org_id, workspace_id, runtime, tier, state, created_at, updated_at)
         values ($1, $2, $3, $4, 'pending', $5, $5)
         on conflict (org_id, workspace_id) do update set runtime = $3, tier = $4, updated_at = $5,
           state = case when workspace_units.state = 'terminated' then 'pending' else workspace_units.state end
         returning ${FIELDS}`,
        [orgId, workspaceId, runtime, tier, this.#now()],
      );
      return row ? toUnit(row) : null;
    });
  }

  async setState(
    orgId: string,
    workspaceId: string,
    state: UnitRow['state'],
    instanceId: string | null,
  ): Promise<void> {
    await this.#db.query(
      `update workspace_units set state = $3, instance_id = coalesce($4, instance_id), updated_at = $5
       where org_id = $1 and workspace_id = $2`,
      [orgId, workspaceId, state, instanceId, this.#now()],
    );
  }

  async forget(orgId: string, workspaceId: string): Promise<void> {
    await this.#db.query('delete from workspace_units where org_id = $1 and workspace_id = $2', [
      orgId,
      workspaceId,
    ]);
  }

  async find(orgId: string, workspaceId: string): Promise<UnitRow | null> {
    const [row] = await this.#db.query<Row>(
      `select ${FIELDS} from workspace_units where org_id = $1 and workspace_id = $2`,
      [orgId, workspaceId],
    );
    return row ? toUnit(row) : null;
  }

  async findAll(workspaceId: string): Promise<UnitRow[]> {
    const rows = await this.#db.query<Row>(
      `select ${FIELDS} from workspace_units where workspace_id = $1 order by updated_at desc limit ${MAX_LISTED}`,
      [workspaceId],
    );
    return rows.map(toUnit);
  }

  #now(): Date {
    return new Date(this.#clock.now());
  }
}

function toUnit({ org_id, workspace_id, instance_id, state }: Row): UnitRow {
  return { orgId: org_id, workspaceId: workspace_id, instanceId: instance_id, state };
}
