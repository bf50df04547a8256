// Admin store on Postgres.

import type { platform } from '@molecule/contracts';
import type { Clock } from '@molecule/kit';
import type { Db } from '@molecule/postgres';
import type { AdminOrg, AdminStore, AuditRow } from './admin-store.ts';

const HOUR_MS = 3_600_000;
const MAX_LISTED = 10_000;
const RESEALED_AT_ONCE = 100;

interface AuditColumns {
  id: number;
  at: number;
  actor: string;
  action: string;
  org_id: string | null;
  slug: string | null;
  partner_id: string | null;
  detail: Record<string, unknown>;
}

export class PgAdminStore implements AdminStore {
  readonly #db: Db;
  readonly #clock: Clock;

  constructor(db: Db, clock: Clock) {
    this.#db = db;
    this.#clock = clock;
  }

  async listOrgs(limit: number): Promise<AdminOrg[]> {
    const rows = await this.#db.query<{
      id: string;
      slug: string;
      status: platform.OrgStatus;
      instance_status: platform.InstanceStatus;
      created_at: number;
      last_error: string | null;
    }>(
      `select o.id, o.slug, o.status, i.status as instance_status, o.created_at, i.last_error
       from orgs o join tenant_instances i on i.org_id = o.id order by o.created_at desc, o.id limit $1`,
      [limit],
    );
    return rows.map((row) => ({
      id: row.id,
      slug: row.slug,
      status: row.status,
      instanceStatus: row.instance_status,
      createdAt: row.created_at,
      lastError: row.last_error,
    }));
  }

  async setCanary(orgId: string, isCanary: boolean): Promise<boolean> {
    const rows = await this.#db.query(
      `update orgs o set is_canary = $2 from tenant_instances i
       where o.id = $1 and i.org_id = o.id and i.status <> 'running' and i.generation = 0 returning o.id`,
      [orgId, isCanary],
    );
    return rows.length > 0;
  }

  async pin(orgId: string, image: string | null | undefined): Promise<string | null> {
    const [row] = await this.#db.query<{ pinned_image: string | null }>(
      `update orgs o set pinned_image = case when $3 then i.image else $2 end from tenant_instances i
       where o.id = $1 and i.org_id = o.id returning o.pinned_image`,
      [orgId, image ?? null, image === undefined],
    );
    return row?.pinned_image ?? null;
  }

  async stats() {
    const count = async (sql: string) => {
      const rows = await this.#db.query<{ key: string; count: number }>(sql);
      return Object.fromEntries(rows.map(({ key, count }) => [key, count]));
    };
    const [orgs, instances, claims, orphans, purges, users] = await Promise.all([
      count('select status as key, count(*)::int as count from orgs group by status'),
      count('select status as key, count(*)::int as count from tenant_instances group by status'),
      count('select state as key, count(*)::int as count from tenant_resources group by state'),
      count(
        `select 'n' as key, count(*)::int as count from tenant_resources r
         where r.state <> 'deleted' and not exists (select 1 from orgs o where o.id = r.org_id)`,
      ),
      count(`select 'n' as key, count(*)::int as count from org_purges where status <> 'done'`),
      count(`select 'n' as key, count(*)::int as count from users`),
    ]);
    return {
      orgs,
      instances,
      claims,
      orphanClaims: orphans.n ?? 0,
      openPurges: purges.n ?? 0,
      users: users.n ?? 0,
    };
  }

  async unknownAmong(orgIds: readonly string[]) {
    const rows = await this.#db.query<{ id: string }>(
      `select found.id from unnest($1::uuid[]) as found (id)
       where not exists (select 1 from orgs o where o.id = found.id) order by found.id limit 100`,
      [orgIds],
    );
    return rows.map(({ id }) => id);
  }

  async audit(limit: number, before: number | null): Promise<AuditRow[]> {
    const rows = await this.#db.query<AuditColumns>(
      `select id, at, actor, action, org_id, slug, partner_id, detail from platform_audit
       where $2::bigint is null or id < $2 order by id desc limit $1`,
      [limit, before],
    );
    return rows.map(({ org_id, partner_id, ...row }) => ({ ...row, orgId: org_id, partnerId: partner_id }));
  }

  async allowed(): Promise<string[]> {
    const rows = await this.#db.query<{ email: string }>(
      `select email from beta_allowlist order by email limit ${MAX_LISTED}`,
    );
    return rows.map((row) => row.email);
  }

  async isAllowed(email: string): Promise<boolean> {
    return (await this.#db.query('select 1 from beta_allowlist where email = lower($1)', [email])).length > 0;
  }

  async allow(email: string, by: string): Promise<void> {
    await this.#db.query(
      'insert into beta_allowlist (email, added_by, at) values (lower($1), $2, $3) on conflict (email) do nothing',
      [email, by, this.#now()],
    );
  }

  async forget(email: string): Promise<void> {
    await this.#db.query('delete from beta_allowlist where email = lower($1)', [email]);
  }

  async pins(kind: 'images' | 'machines'): Promise<Record<string, string>> {
    const rows = await this.#db.query<{ name: string; value: string }>(
      `select name, value from pins where kind = $1 order by name limit ${MAX_LISTED}`,
      [kind],
    );
    return Object.fromEntries(rows.map(({ name, value }) => [name, value]));
  }

  setPins(kind: 'images' | 'machines', pins: Readonly<Record<string, string>>, by: string): Promise<void> {
    return this.#db.tx(async (tx) => {
      await tx.query('delete from pins where kind = $1', [kind]);
      for (const [name, value] of Object.entries(pins)) {
        await tx.query(
          'insert into pins (kind, name, value, updated_by, updated_at) values ($1, $2, $3, $4, $5)',
          [kind, name, value, by, this.#now()],
        );
      }
    });
  }

  async joinWaitlist(input: {
    email: string;
    name: string | null;
    useCase: string | null;
  }): Promise<boolean> {
    const rows = await this.#db.query(
      `insert into waitlist as w (email, name, use_case, at) values (lower($1), $2, $3, $4)
       on conflict (email) do update set name = $2, use_case = $3, at = $4 where w.at < $5 returning w.email`,
      [input.email, input.name, input.useCase, this.#now(), new Date(this.#clock.now() - HOUR_MS)],
    );
    return rows.length > 0;
  }

  async reseal(turn: Parameters<AdminStore['reseal']>[0]): Promise<number> {
    let last: string | null = null;
    for (let done = 0; ; ) {
      const rows: { org_id: string; admin_token_sealed: Buffer; data_key_sealed: Buffer }[] =
        await this.#db.query(
          `select org_id, admin_token_sealed, data_key_sealed from tenant_instances
         where admin_token_sealed is not null and ($1::uuid is null or org_id > $1) order by org_id limit ${RESEALED_AT_ONCE}`,
          [last],
        );
      for (const row of rows) {
        await this.#db.query(
          `update tenant_instances set admin_token_sealed = $2, data_key_sealed = $3
           where org_id = $1 and admin_token_sealed = $4 and data_key_sealed = $5`,
          [
            row.org_id,
            await turn(row.org_id, 'admin_token', row.admin_token_sealed),
            await turn(row.org_id, 'data_key', row.data_key_sealed),
            row.admin_token_sealed,
            row.data_key_sealed,
          ],
        );
        done++;
        last = row.org_id;
      }
      if (rows.length < RESEALED_AT_ONCE) return done;
    }
  }

  #now(): Date {
    return new Date(this.#clock.now());
  }
}
