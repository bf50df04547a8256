// Org store on Postgres.
//
//   O1. An organisation, its owner, its tenant's row and the audit of it appear together or not at all; the tenant's row
//       stands before anything is started for it.

import { randomUUID } from 'node:crypto';
import type { platform } from '@molecule/contracts';
import { isUuid } from '@molecule/domain';
import type { Clock } from '@molecule/kit';
import type { Db, Tx } from '@molecule/postgres';
import type { AuditEntry, NewOrg, Org, OrgStore, Role } from './org-store.ts';

const COLUMNS = `o.id, o.slug, o.name, o.status, o.plan, o.region, o.is_canary, o.max_workspaces, o.max_tier, o.partner_id,
  o.created_at, o.updated_at`;
const MAX_LISTED = 500;

interface Row {
  id: string;
  slug: string;
  name: string;
  status: platform.OrgStatus;
  plan: platform.Plan;
  region: string | null;
  is_canary: boolean;
  max_workspaces: number | null;
  max_tier: number | null;
  partner_id: string | null;
  created_at: number;
  updated_at: number;
}

export class PgOrgStore implements OrgStore {
  readonly #db: Db;
  readonly #clock: Clock;

  constructor(db: Db, clock: Clock) {
    this.#db = db;
    this.#clock = clock;
  }

  create(input: NewOrg): Promise<Org | null> {
    return this.#db.tx(async (tx) => {
      const now = this.#now();
      const [row] = await tx.query<Row>(
        `insert into orgs as o (id, slug, name, status, plan, region, created_by, partner_id, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9) on conflict (slug) do nothing returning ${COLUMNS}`,
        [
          randomUUID(),
          input.slug,
          input.name,
          input.status,
          input.plan,
          input.region,
          input.createdBy,
          input.partnerId,
          now,
        ],
      );
      if (!row) return null;
      if (input.ownerUserId !== null) {
        await tx.query(
          `insert into org_members (org_id, user_id, role, created_at) values ($1, $2, 'owner', $3)`,
          [row.id, input.ownerUserId, now],
        );
      }
      await tx.query(
        `insert into tenant_instances (org_id, status, wanted, driver, next_try_at, created_at, updated_at)
         values ($1, 'provisioning', $2, $3, $4, $4, $4)`,
        [row.id, input.status === 'provisioning' ? 'up' : 'stopped', input.driver, now],
      );
      await writeAudit(tx, now, {
        actor: input.createdBy,
        action: 'org.create',
        org: row,
        partnerId: input.partnerId,
        detail: { plan: input.plan },
      });
      return toOrg(row);
    });
  }

  async find(slugOrId: string): Promise<Org | null> {
    const by = isUuid(slugOrId) ? 'o.id = $1::uuid' : 'o.slug = $1';
    const [row] = await this.#db.query<Row>(`select ${COLUMNS} from orgs o where ${by}`, [slugOrId]);
    return row ? toOrg(row) : null;
  }

  async roleOf(orgId: string, userId: string): Promise<Role | null> {
    const [row] = await this.#db.query<{ role: Role }>(
      'select role from org_members where org_id = $1 and user_id = $2',
      [orgId, userId],
    );
    return row?.role ?? null;
  }

  async listOf(userId: string): Promise<Org[]> {
    const rows = await this.#db.query<Row>(
      `select ${COLUMNS} from orgs o join org_members m on m.org_id = o.id
       where m.user_id = $1 order by o.created_at desc, o.id limit ${MAX_LISTED}`,
      [userId],
    );
    return rows.map(toOrg);
  }

  async listOfPartner(partnerId: string, orgId: string | null): Promise<Org[]> {
    const rows = await this.#db.query<Row>(
      `select ${COLUMNS} from orgs o where o.partner_id = $1 and ($2::uuid is null or o.id = $2)
       order by o.created_at desc, o.id limit ${MAX_LISTED}`,
      [partnerId, orgId],
    );
    return rows.map(toOrg);
  }

  async listAll(limit: number): Promise<Org[]> {
    const rows = await this.#db.query<Row>(
      `select ${COLUMNS} from orgs o order by o.created_at desc, o.id limit $1`,
      [Math.min(limit, MAX_LISTED)],
    );
    return rows.map(toOrg);
  }

  audit(entry: AuditEntry): Promise<void> {
    return writeAudit(this.#db, this.#now(), entry);
  }

  #now(): Date {
    return new Date(this.#clock.now());
  }
}

async function writeAudit(tx: Tx, now: Date, entry: AuditEntry): Promise<void> {
  await tx.query(
    'insert into platform_audit (at, actor, action, org_id, slug, partner_id, detail) values ($1, $2, $3, $4, $5, $6, $7)',
    [
      now,
      entry.actor,
      entry.action,
      entry.org?.id ?? null,
      entry.org?.slug ?? null,
      entry.partnerId ?? null,
      JSON.stringify(entry.detail ?? {}),
    ],
  );
}

function toOrg(row: Row): Org {
  return {
    id: row.id,
    slug: row.slug,
    name: row.name,
    status: row.status,
    plan: row.plan,
    region: row.region,
    isCanary: row.is_canary,
    maxWorkspaces: row.max_workspaces,
    maxTier: row.max_tier,
    partnerId: row.partner_id,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
