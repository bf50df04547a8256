// Rollout store on Postgres.
//
//   R1. One upgrade of the fleet is open at a time.
//   R2. What a tenant is to run and how far its upgrade is change together, so that a killed control plane goes on.

import { randomUUID } from 'node:crypto';
import type { Clock } from '@molecule/kit';
import type { Db } from '@molecule/postgres';
import type { FleetTenant, Rollout, RolloutState, RolloutStore, RolloutTenant } from './rollout-store.ts';

const COLUMNS = 'id, target, state, soak_ms, batch_size, max_stragglers, error, created_at, soak_until';
const MAX_FLEET = 20_000;

interface Row {
  id: string;
  target: string;
  state: RolloutState;
  soak_ms: number;
  batch_size: number;
  max_stragglers: number;
  error: string | null;
  created_at: number;
  soak_until: number | null;
}

export class PgRolloutStore implements RolloutStore {
  readonly #db: Db;
  readonly #clock: Clock;

  constructor(db: Db, clock: Clock) {
    this.#db = db;
    this.#clock = clock;
  }

  async fleet(slugs: readonly string[] | null): Promise<FleetTenant[]> {
    const rows = await this.#db.query<{
      org_id: string;
      slug: string;
      image: string;
      is_canary: boolean;
      is_serving: boolean;
      pinned_image: string | null;
    }>(
      `select o.id as org_id, o.slug, i.image, o.is_canary, o.pinned_image,
         (o.status = 'running' and i.wanted = 'up' and i.status = 'running') as is_serving
       from orgs o join tenant_instances i on i.org_id = o.id
       where ($1::text[] is null and o.status = 'running' and i.wanted = 'up') or o.slug = any($1)
       order by o.is_canary desc, o.slug limit ${MAX_FLEET}`,
      [slugs],
    );
    return rows.map((row) => ({
      orgId: row.org_id,
      slug: row.slug,
      image: row.image,
      isCanary: row.is_canary,
      isServing: row.is_serving,
      pinnedImage: row.pinned_image,
    }));
  }

  async create(...[rollout, tenants, by]: Parameters<RolloutStore['create']>): Promise<Rollout | null> {
    return this.#db.tx(async (tx) => {
      const [row] = await tx.query<Row>(
        `insert into rollouts (id, target, state, soak_ms, batch_size, max_stragglers, created_by, created_at, updated_at)
         select $1, $2, 'running', $3, $4, $5, $6, $7, $7
         where not exists (select 1 from rollouts where state in ('running', 'paused'))
         on conflict do nothing returning ${COLUMNS}`,
        [
          randomUUID(),
          rollout.target,
          rollout.soakMs,
          rollout.batchSize,
          rollout.maxStragglers,
          by,
          this.#now(),
        ],
      );
      if (!row) return null;
      for (const [position, tenant] of tenants.entries()) {
        await tx.query(
          `insert into rollout_tenants (rollout_id, org_id, slug, position, is_canary, phase, updated_at)
           values ($1, $2, $3, $4, $5, $6, $7)`,
          [row.id, tenant.orgId, tenant.slug, position, tenant.isCanary, tenant.phase, this.#now()],
        );
      }
      return toRollout(row);
    });
  }

  async find(id: string): Promise<Rollout | null> {
    const [row] = await this.#db.query<Row>(`select ${COLUMNS} from rollouts where id = $1`, [id]);
    return row ? toRollout(row) : null;
  }

  async list(limit: number): ReturnType<RolloutStore['list']> {
    const rows = await this.#db.query<Row & { phases: Record<string, number> }>(
      `select ${COLUMNS}, coalesce((
         select jsonb_object_agg(phase, number) from (
           select phase, count(*)::int as number from rollout_tenants t where t.rollout_id = r.id group by phase
         ) counted), '{}') as phases
       from rollouts r order by created_at desc, id limit $1`,
      [limit],
    );
    return rows.map((row) => ({ ...toRollout(row), phases: row.phases }));
  }

  async open(): Promise<Rollout | null> {
    const [row] = await this.#db.query<Row>(
      `select ${COLUMNS} from rollouts where state in ('running', 'paused')`,
    );
    return row ? toRollout(row) : null;
  }

  async tenants(id: string): Promise<RolloutTenant[]> {
    const rows = await this.#db.query<{
      org_id: string;
      slug: string;
      is_canary: boolean;
      phase: RolloutTenant['phase'];
      image_before: string | null;
      error: string | null;
      deadline_at: number | null;
    }>(
      `select org_id, slug, is_canary, phase, image_before, error, deadline_at
       from rollout_tenants where rollout_id = $1 order by position`,
      [id],
    );
    return rows.map((row) => ({
      orgId: row.org_id,
      slug: row.slug,
      isCanary: row.is_canary,
      phase: row.phase,
      imageBefore: row.image_before,
      error: row.error,
      deadlineAt: row.deadline_at,
    }));
  }

  async setState(
    id: string,
    from: readonly RolloutState[],
    to: RolloutState,
    error?: string,
  ): Promise<boolean> {
    const rows = await this.#db.query(
      `update rollouts set state = $3, error = coalesce($4, error), updated_at = $5
       where id = $1 and state = any($2) returning id`,
      [id, from, to, error ?? null, this.#now()],
    );
    return rows.length > 0;
  }

  async soak(id: string, until: number): Promise<void> {
    await this.#db.query('update rollouts set soak_until = $2, updated_at = $3 where id = $1', [
      id,
      new Date(until),
      this.#now(),
    ]);
  }

  /** R2. */
  beginUpgrade(id: string, orgId: string, target: string, deadlineAt: number): Promise<void> {
    return this.#db.tx(async (tx) => {
      await tx.query(
        `update rollout_tenants t set phase = 'upgrading', deadline_at = $3, updated_at = $4,
           image_before = (select image from tenant_instances where org_id = $2)
         where rollout_id = $1 and org_id = $2 and phase = 'pending'`,
        [id, orgId, new Date(deadlineAt), this.#now()],
      );
      await tx.query(
        'update tenant_instances set image = $2, next_try_at = $3, failures = 0 where org_id = $1',
        [orgId, target, this.#now()],
      );
    });
  }

  async watch(id: string, orgId: string, deadlineAt: number | null): Promise<void> {
    await this.#db.query(
      `update rollout_tenants set deadline_at = $3, updated_at = $4 where rollout_id = $1 and org_id = $2`,
      [id, orgId, deadlineAt === null ? null : new Date(deadlineAt), this.#now()],
    );
  }

  /** R2. */
  endUpgrade(...[id, orgId, phase, options]: Parameters<RolloutStore['endUpgrade']>): Promise<void> {
    return this.#db.tx(async (tx) => {
      await tx.query(
        `update rollout_tenants set phase = $3, error = $4, updated_at = $5 where rollout_id = $1 and org_id = $2`,
        [id, orgId, phase, options.error, this.#now()],
      );
      if (options.image === null) return;
      await tx.query(
        'update tenant_instances set image = $2, next_try_at = $3, failures = 0 where org_id = $1',
        [orgId, options.image, this.#now()],
      );
    });
  }

  #now(): Date {
    return new Date(this.#clock.now());
  }
}

function toRollout(row: Row): Rollout {
  return {
    id: row.id,
    target: row.target,
    state: row.state,
    soakMs: row.soak_ms,
    batchSize: row.batch_size,
    maxStragglers: row.max_stragglers,
    error: row.error,
    createdAt: row.created_at,
    soakUntil: row.soak_until,
  };
}
