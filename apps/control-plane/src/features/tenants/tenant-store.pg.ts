// Tenant store on Postgres.
//
//   T1. One process at a time works on an organisation (session-locks.ts); its hold ends with it.
//   T2. A claim is written before the call that makes the resource, and settled after it.
//   T3. Every change of what is wanted makes the organisation due at once.

import { randomUUID } from 'node:crypto';
import type { Clock } from '@molecule/kit';
import type { Db } from '@molecule/postgres';
import { SessionLocks } from './session-locks.ts';
import type { StandingTenant, StepRow, TenantRow, TenantStore, Wanted } from './tenant-store.ts';

const COLUMNS = `i.org_id, o.slug, o.status as org_status, o.region, i.status, i.wanted, i.driver, i.generation, i.slot, i.upstream,
  i.image, i.admin_token_sealed, i.data_key_sealed, i.attempt, i.stage, i.last_error, i.deadline_at, i.failures`;
const STEP_COLUMNS = 'name, state, started_at, ended_at, deadline_at';
const MAX_ERROR_CHARS = 500;

interface Row {
  org_id: string;
  slug: string;
  org_status: TenantRow['orgStatus'];
  region: string | null;
  status: TenantRow['status'];
  wanted: Wanted;
  driver: string;
  generation: number;
  slot: string;
  upstream: string | null;
  image: string;
  admin_token_sealed: Buffer | null;
  data_key_sealed: Buffer | null;
  attempt: number;
  stage: string | null;
  last_error: string | null;
  deadline_at: number | null;
  failures: number;
}

interface Step {
  name: string;
  state: StepRow['state'];
  started_at: number;
  ended_at: number | null;
  deadline_at: number;
}

export class PgTenantStore implements TenantStore {
  readonly #db: Db;
  readonly #clock: Clock;
  readonly #locks: SessionLocks;

  constructor(db: Db, clock: Clock) {
    this.#db = db;
    this.#clock = clock;
    this.#locks = new SessionLocks(db);
  }

  find(orgId: string): Promise<TenantRow | null> {
    return this.#one('i.org_id = $1', orgId);
  }

  findBySlug(slug: string): Promise<TenantRow | null> {
    return this.#one('o.slug = $1', slug);
  }

  async findByToken(digest: Buffer): Promise<{ orgId: string } | null> {
    const [row] = await this.#db.query<{ org_id: string }>(
      'select org_id from tenant_instances where admin_token_digest = $1',
      [digest],
    );
    return row ? { orgId: row.org_id } : null;
  }

  async due(limit: number, except: readonly string[]): Promise<string[]> {
    const rows = await this.#db.query<{ org_id: string }>(
      `select org_id from tenant_instances
       where next_try_at <= $1 and not (wanted = 'stopped' and status in ('stopped', 'failed'))
         and not (wanted = 'up' and status = 'failed') and not (org_id = any($3))
       order by next_try_at limit $2`,
      [this.#now(), limit, except],
    );
    return rows.map((row) => row.org_id);
  }

  async standing(after: string | null, limit: number): Promise<StandingTenant[]> {
    const rows = await this.#db.query<{ org_id: string; upstream: string | null; image: string }>(
      `select org_id, upstream, image from tenant_instances
       where wanted = 'up' and status = 'running' and failures = 0 and ($1::uuid is null or org_id > $1)
       order by org_id limit $2`,
      [after, limit],
    );
    return rows.map(({ org_id, upstream, image }) => ({ orgId: org_id, upstream, image }));
  }

  async dueNow(orgIds: readonly string[]): Promise<void> {
    await this.#db.query(
      'update tenant_instances set next_try_at = $2 where org_id = any($1) and next_try_at > $2',
      [orgIds, this.#now()],
    );
  }

  hold(orgId: string, work: () => Promise<void>): Promise<boolean> {
    return this.#locks.hold(orgId, work);
  }

  async keepCredentials(orgId: string, made: Parameters<TenantStore['keepCredentials']>[1]): Promise<void> {
    await this.#db.query(
      `update tenant_instances set admin_token_sealed = $2, admin_token_digest = $3, data_key_sealed = $4
       where org_id = $1 and admin_token_sealed is null`,
      [orgId, made.adminTokenSealed, made.adminTokenDigest, made.dataKeySealed],
    );
  }

  async replaceCredentials(
    tenant: TenantRow,
    sealed: { adminTokenSealed: Buffer; dataKeySealed: Buffer },
  ): Promise<void> {
    await this.#db.query(
      `update tenant_instances set admin_token_sealed = $2, data_key_sealed = $3
       where org_id = $1 and admin_token_sealed = $4 and data_key_sealed = $5`,
      [
        tenant.orgId,
        sealed.adminTokenSealed,
        sealed.dataKeySealed,
        tenant.adminTokenSealed,
        tenant.dataKeySealed,
      ],
    );
  }

  async steps(orgId: string, attempt: number): Promise<StepRow[]> {
    const rows = await this.#db.query<Step>(
      `select ${STEP_COLUMNS} from provision_steps where org_id = $1 and attempt = $2 order by started_at`,
      [orgId, attempt],
    );
    return rows.map(toStep);
  }

  async beginStep(orgId: string, attempt: number, name: string, limitMs: number): Promise<StepRow> {
    const now = this.#clock.now();
    // One statement: both rows or none, in one trip.
    const [row] = await this.#db.query<Step>(
      `with step as (
         insert into provision_steps as s (org_id, attempt, name, state, started_at, deadline_at)
         values ($1, $2, $3, 'running', $4, $5)
         on conflict (org_id, attempt, name) do update set state = s.state returning ${STEP_COLUMNS}
       ), instance as (
         update tenant_instances i set stage = step.name, deadline_at = step.deadline_at, updated_at = $4
         from step where i.org_id = $1
       )
       select ${STEP_COLUMNS} from step`,
      [orgId, attempt, name, new Date(now), new Date(now + limitMs)],
    );
    return toStep(row as Step);
  }

  async endStep(orgId: string, attempt: number, name: string, state: 'ok' | 'failed'): Promise<void> {
    await this.#db.query(
      'update provision_steps set state = $4, ended_at = $5 where org_id = $1 and attempt = $2 and name = $3',
      [orgId, attempt, name, state, this.#now()],
    );
  }

  async placed(orgId: string, upstream: string): Promise<void> {
    await this.#db.query(
      `update tenant_instances set upstream = $2, updated_at = $3,
         generation = generation + case when upstream is distinct from $2 then 1 else 0 end
       where org_id = $1`,
      [orgId, upstream, this.#now()],
    );
  }

  async running(orgId: string, nextLookMs: number): Promise<void> {
    await this.#db.query(
      `with instance as (
         update tenant_instances set status = 'running', stage = null, deadline_at = null, last_error = null, failures = 0,
           next_try_at = $2, updated_at = $3 where org_id = $1
       )
       update orgs set status = 'running', updated_at = $3 where id = $1 and status in ('provisioning', 'failed')`,
      [orgId, new Date(this.#clock.now() + nextLookMs), this.#now()],
    );
  }

  async failed(orgId: string, error: string): Promise<void> {
    await this.#db.tx(async (tx) => {
      await tx.query(
        `update tenant_instances set status = 'failed', last_error = $2, deadline_at = null, updated_at = $3 where org_id = $1`,
        [orgId, error.slice(0, MAX_ERROR_CHARS), this.#now()],
      );
      await tx.query(
        `update orgs set status = 'failed', updated_at = $2 where id = $1 and status = 'provisioning'`,
        [orgId, this.#now()],
      );
    });
  }

  async stopped(orgId: string): Promise<void> {
    await this.#db.query(
      `update tenant_instances set status = 'stopped', stage = null, failures = 0, last_error = null, updated_at = $2 where org_id = $1`,
      [orgId, this.#now()],
    );
  }

  async later(orgId: string, afterMs: number, error: string | null): Promise<void> {
    await this.#db.query(
      `update tenant_instances set next_try_at = $2, last_error = coalesce($3, last_error),
         failures = case when $3::text is null then 0 else failures + 1 end where org_id = $1`,
      [orgId, new Date(this.#clock.now() + afterMs), error?.slice(0, MAX_ERROR_CHARS) ?? null],
    );
  }

  async want(orgId: string, wanted: Wanted): Promise<void> {
    await this.#db.query(
      `update tenant_instances set wanted = $2, next_try_at = $3, failures = 0, updated_at = $3 where org_id = $1`,
      [orgId, wanted, this.#now()],
    );
  }

  async retry(orgId: string): Promise<boolean> {
    return this.#db.tx(async (tx) => {
      const rows = await tx.query(
        `update tenant_instances set status = 'provisioning', wanted = 'up', attempt = attempt + 1, stage = null, failures = 0,
           last_error = null, next_try_at = $2, updated_at = $2 where org_id = $1 and status = 'failed' returning org_id`,
        [orgId, this.#now()],
      );
      if (rows.length === 0) return false;
      await tx.query(
        `update orgs set status = 'provisioning', updated_at = $2 where id = $1 and status = 'failed'`,
        [orgId, this.#now()],
      );
      return true;
    });
  }

  async claim(orgId: string, kind: string, externalId: string): Promise<void> {
    await this.#db.query(
      `insert into tenant_resources (id, org_id, kind, external_id, state, at)
       select $1, $2, $3, $4, 'claimed', $5 where not exists (
         select 1 from tenant_resources where org_id = $2 and kind = $3 and external_id = $4 and state <> 'deleted')`,
      [randomUUID(), orgId, kind, externalId, this.#now()],
    );
  }

  async settle(
    orgId: string,
    kind: string,
    externalId: string,
    state: 'created' | 'deleting' | 'deleted',
  ): Promise<void> {
    await this.#db.query(
      `update tenant_resources set state = $4, at = $5
       where org_id = $1 and kind = $2 and external_id = $3 and state <> 'deleted'`,
      [orgId, kind, externalId, state, this.#now()],
    );
  }

  async #one(where: string, value: string): Promise<TenantRow | null> {
    const [row] = await this.#db.query<Row>(
      `select ${COLUMNS} from tenant_instances i join orgs o on o.id = i.org_id where ${where}`,
      [value],
    );
    return row ? toTenant(row) : null;
  }

  #now(): Date {
    return new Date(this.#clock.now());
  }
}

function toTenant(row: Row): TenantRow {
  return {
    orgId: row.org_id,
    slug: row.slug,
    orgStatus: row.org_status,
    region: row.region,
    status: row.status,
    wanted: row.wanted,
    driver: row.driver,
    generation: row.generation,
    slot: row.slot,
    upstream: row.upstream,
    image: row.image,
    adminTokenSealed: row.admin_token_sealed,
    dataKeySealed: row.data_key_sealed,
    attempt: row.attempt,
    stage: row.stage,
    lastError: row.last_error,
    deadlineAt: row.deadline_at,
    failures: row.failures,
  };
}

function toStep(row: Step): StepRow {
  return {
    name: row.name,
    state: row.state,
    startedAt: row.started_at,
    endedAt: row.ended_at,
    deadlineAt: row.deadline_at,
  };
}
