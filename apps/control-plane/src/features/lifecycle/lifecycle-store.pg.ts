// Lifecycle store on Postgres.
//
//   L1. A change of state names the states that it starts from; whoever comes second finds another one and changes nothing.
//   L2. A deletion is a row of its own, without a link to what it deletes, and remembers its last finished step.
//   L3. What is left of a deleted organisation: that row, the audit, and usage numbers without its id.

import { randomUUID } from 'node:crypto';
import type { platform } from '@molecule/contracts';
import type { Clock } from '@molecule/kit';
import type { Db } from '@molecule/postgres';
import type { Org } from '../orgs/index.ts';
import type { LifecycleStore, Purge } from './lifecycle-store.ts';

const PURGE_COLUMNS = 'id, org_id, slug, status, last_step, attempts, at';
const MAX_LISTED = 10_000;
const MAX_ERROR_CHARS = 500;

interface PurgeRow {
  id: string;
  org_id: string;
  slug: string;
  status: Purge['status'];
  last_step: string | null;
  attempts: number;
  at: number;
}

export class PgLifecycleStore implements LifecycleStore {
  readonly #db: Db;
  readonly #clock: Clock;
  readonly #findOrg: (id: string) => Promise<Org | null>;

  constructor(db: Db, clock: Clock, findOrg: (id: string) => Promise<Org | null>) {
    this.#db = db;
    this.#clock = clock;
    this.#findOrg = findOrg;
  }

  async change(orgId: string, change: Parameters<LifecycleStore['change']>[1]): Promise<Org | null> {
    const has = (value: unknown) => value !== undefined;
    await this.#db.query(
      `update orgs set name = coalesce($2, name), plan = coalesce($3, plan), updated_at = $8,
         max_workspaces = case when $4 then $5::int else max_workspaces end,
         max_tier = case when $6 then $7::int else max_tier end
       where id = $1`,
      [
        orgId,
        change.name ?? null,
        change.plan ?? null,
        has(change.maxWorkspaces),
        change.maxWorkspaces ?? null,
        has(change.maxTier),
        change.maxTier ?? null,
        this.#now(),
      ],
    );
    return this.#findOrg(orgId);
  }

  setStatus(
    orgId: string,
    from: readonly platform.OrgStatus[],
    to: platform.OrgStatus,
    options: { tells?: 'org_suspended' } = {},
  ): Promise<boolean> {
    return this.#db.tx(async (tx) => {
      const rows = await tx.query(
        'update orgs set status = $3, updated_at = $4 where id = $1 and status = any($2) returning id',
        [orgId, from, to, this.#now()],
      );
      if (rows.length === 0) return false;
      if (options.tells) {
        await tx.query('insert into revocations (org_id, kind, subject, at) values ($1, $2, $3, $4)', [
          orgId,
          options.tells,
          orgId,
          this.#now(),
        ]);
      }
      return true;
    });
  }

  beginPurge(org: { id: string; slug: string }, requestedBy: string): Promise<Purge> {
    return this.#db.tx(async (tx) => {
      const [row] = await tx.query<PurgeRow>(
        `insert into org_purges as p (id, org_id, slug, status, attempts, requested_by, at)
         values ($1, $2, $3, 'running', 1, $4, $5)
         on conflict (org_id) where status <> 'done'
         do update set status = 'running', attempts = p.attempts + 1 returning ${PURGE_COLUMNS}`,
        [randomUUID(), org.id, org.slug, requestedBy, this.#now()],
      );
      await tx.query(`update orgs set status = 'purging', updated_at = $2 where id = $1`, [
        org.id,
        this.#now(),
      ]);
      await tx.query(
        `update tenant_instances set wanted = 'gone', next_try_at = $2, failures = 0 where org_id = $1`,
        [org.id, this.#now()],
      );
      return toPurge(row as PurgeRow);
    });
  }

  async openPurge(orgId: string): Promise<Purge | null> {
    const [row] = await this.#db.query<PurgeRow>(
      `select ${PURGE_COLUMNS} from org_purges where org_id = $1 and status <> 'done'`,
      [orgId],
    );
    return row ? toPurge(row) : null;
  }

  async openPurgeOfSlug(slug: string): Promise<Purge | null> {
    const [row] = await this.#db.query<PurgeRow>(
      `select ${PURGE_COLUMNS} from org_purges where slug = $1 and status <> 'done' order by at desc limit 1`,
      [slug],
    );
    return row ? toPurge(row) : null;
  }

  async openPurges(): Promise<Purge[]> {
    const rows = await this.#db.query<PurgeRow>(
      `select ${PURGE_COLUMNS} from org_purges where status <> 'done' order by at limit 100`,
    );
    return rows.map(toPurge);
  }

  async stepDone(purgeId: string, step: string): Promise<void> {
    await this.#db.query('update org_purges set last_step = $2, last_error = null where id = $1', [
      purgeId,
      step,
    ]);
  }

  async purgeFailed(purgeId: string, error: string): Promise<void> {
    await this.#db.query(`update org_purges set status = 'failed', last_error = $2 where id = $1`, [
      purgeId,
      error.slice(0, MAX_ERROR_CHARS),
    ]);
  }

  async purgeDone(purgeId: string): Promise<void> {
    await this.#db.query(
      `update org_purges set status = 'done', last_error = null, ended_at = $2 where id = $1`,
      [purgeId, this.#now()],
    );
  }

  async forgetLonelyPeople(orgId: string): Promise<number> {
    const rows = await this.#db.query(
      `delete from users u using org_members m
       where m.org_id = $1 and m.user_id = u.id
         and not exists (select 1 from org_members other where other.user_id = u.id and other.org_id <> $1)
       returning u.id`,
      [orgId],
    );
    return rows.length;
  }

  deleteRows(orgId: string): Promise<void> {
    return this.#db.tx(async (tx) => {
      await tx.query('update usage_events set org_id = null, workspace_id = null where org_id = $1', [orgId]);
      await tx.query('delete from revocations where org_id = $1', [orgId]);
      await tx.query('delete from rollout_tenants where org_id = $1', [orgId]);
      await tx.query('update partner_keys set revoked_at = coalesce(revoked_at, $2) where org_id = $1', [
        orgId,
        this.#now(),
      ]);
      // Members, invitations, the tenant's row with its sealed credentials, steps, events and credits go with it.
      await tx.query('delete from orgs where id = $1', [orgId]);
    });
  }

  async forgetClaims(orgId: string): Promise<void> {
    await this.#db.query(`delete from tenant_resources where org_id = $1 and state = 'deleted'`, [orgId]);
  }

  async liveClaims(orgId: string): Promise<{ kind: string; externalId: string }[]> {
    const rows = await this.#db.query<{ kind: string; external_id: string }>(
      `select kind, external_id from tenant_resources where org_id = $1 and state <> 'deleted'`,
      [orgId],
    );
    return rows.map((row) => ({ kind: row.kind, externalId: row.external_id }));
  }

  async resources(orgId: string) {
    const rows = await this.#db.query<{
      kind: string;
      external_id: string | null;
      state: string;
      at: number;
    }>(
      `select kind, external_id, state, at from tenant_resources where org_id = $1 order by at limit ${MAX_LISTED}`,
      [orgId],
    );
    return rows.map(({ kind, external_id, state, at }) => ({ kind, externalId: external_id, state, at }));
  }

  auditOf(orgId: string): Promise<{ action: string; actor: string; at: number }[]> {
    return this.#db.query(
      `select action, actor, at from platform_audit where org_id = $1 order by id limit ${MAX_LISTED}`,
      [orgId],
    );
  }

  async creditsOf(orgId: string) {
    const rows = await this.#db.query<{ kind: string; amount: string; reason: string; at: number }>(
      `select kind, amount, reason, at from credit_entries where org_id = $1 order by id limit ${MAX_LISTED}`,
      [orgId],
    );
    return rows.map((row) => ({ ...row, amount: Number(row.amount) }));
  }

  async units(orgId: string) {
    const rows = await this.#db.query<{
      id: string;
      runtime: string;
      tier: number;
      instance_id: string | null;
      state: string;
    }>(
      `select workspace_id as id, runtime, tier, instance_id, state from workspace_units
       where org_id = $1 order by created_at, workspace_id limit ${MAX_LISTED}`,
      [orgId],
    );
    return rows.map(({ instance_id, ...row }) => ({ ...row, instanceId: instance_id }));
  }

  #now(): Date {
    return new Date(this.#clock.now());
  }
}

function toPurge(row: PurgeRow): Purge {
  return {
    id: row.id,
    orgId: row.org_id,
    slug: row.slug,
    status: row.status,
    lastStep: row.last_step,
    attempts: row.attempts,
    at: row.at,
  };
}
