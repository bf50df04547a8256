// Member store on Postgres.
//
//   M1. An organisation that has members has an owner: who would remove the last one finds the organisation's row locked.
//   M2. A removal and the word to the tenant about it are one transaction.
//   M3. An invitation works once, before it expires, for the address that it names.

import { randomUUID } from 'node:crypto';
import type { Clock } from '@molecule/kit';
import type { Db } from '@molecule/postgres';
import type { Role } from '../orgs/index.ts';
import type { Invite, Member, MemberStore } from './member-store.ts';

interface InviteRow {
  id: string;
  email: string;
  role: Role;
  created_at: number;
  expires_at: number;
}

const INVITE_COLUMNS = 'id, email, role, created_at, expires_at';
const MAX_LISTED = 1_000;

export class PgMemberStore implements MemberStore {
  readonly #db: Db;
  readonly #clock: Clock;

  constructor(db: Db, clock: Clock) {
    this.#db = db;
    this.#clock = clock;
  }

  async list(orgId: string): Promise<Member[]> {
    const rows = await this.#db.query<{ user_id: string; email: string; role: Role; created_at: number }>(
      `select m.user_id, u.email, m.role, m.created_at from org_members m join users u on u.id = m.user_id
       where m.org_id = $1 order by m.created_at, m.user_id limit ${MAX_LISTED}`,
      [orgId],
    );
    return rows.map((row) => ({
      userId: row.user_id,
      email: row.email,
      role: row.role,
      createdAt: row.created_at,
    }));
  }

  async invites(orgId: string): Promise<Invite[]> {
    const rows = await this.#db.query<InviteRow>(
      `select ${INVITE_COLUMNS} from org_invites
       where org_id = $1 and accepted_at is null and expires_at > $2 order by created_at limit ${MAX_LISTED}`,
      [orgId, this.#now()],
    );
    return rows.map(toInvite);
  }

  async invite(input: Parameters<MemberStore['invite']>[0]): Promise<Invite> {
    return this.#db.tx(async (tx) => {
      await tx.query(
        'delete from org_invites where org_id = $1 and lower(email) = lower($2) and accepted_at is null',
        [input.orgId, input.email],
      );
      const [row] = await tx.query<InviteRow>(
        `insert into org_invites (id, org_id, email, role, digest, invited_by, created_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8) returning ${INVITE_COLUMNS}`,
        [
          randomUUID(),
          input.orgId,
          input.email,
          input.role,
          input.digest,
          input.invitedBy,
          this.#now(),
          new Date(input.expiresAt),
        ],
      );
      return toInvite(row as InviteRow);
    });
  }

  accept(
    digest: Buffer,
    person: { id: string; email: string },
  ): Promise<{ slug: string; role: Role } | null> {
    return this.#db.tx(async (tx) => {
      const [taken] = await tx.query<{ org_id: string; role: Role }>(
        `update org_invites set accepted_at = $3
         where digest = $1 and lower(email) = lower($2) and accepted_at is null and expires_at > $3
         returning org_id, role`,
        [digest, person.email, this.#now()],
      );
      if (!taken) return null;
      const [member] = await tx.query<{ role: Role }>(
        `insert into org_members (org_id, user_id, role, created_at) values ($1, $2, $3, $4)
         on conflict (org_id, user_id) do update set role = org_members.role returning role`,
        [taken.org_id, person.id, taken.role, this.#now()],
      );
      const [org] = await tx.query<{ slug: string }>('select slug from orgs where id = $1', [taken.org_id]);
      return org && member ? { slug: org.slug, role: member.role } : null;
    });
  }

  remove(orgId: string, userId: string): Promise<'removed' | 'last_owner' | 'unknown'> {
    return this.#db.tx(async (tx) => {
      await tx.query('select 1 from orgs where id = $1 for update', [orgId]);
      const [member] = await tx.query<{ role: Role }>(
        'select role from org_members where org_id = $1 and user_id = $2',
        [orgId, userId],
      );
      if (!member) return 'unknown';
      const [owners] = await tx.query<{ count: number }>(
        `select count(*)::int as count from org_members where org_id = $1 and role = 'owner'`,
        [orgId],
      );
      if (member.role === 'owner' && (owners?.count ?? 0) <= 1) return 'last_owner';
      await tx.query('delete from org_members where org_id = $1 and user_id = $2', [orgId, userId]);
      await tx.query(
        `insert into revocations (org_id, kind, subject, at) values ($1, 'membership', $2, $3)`,
        [orgId, userId, this.#now()],
      );
      return 'removed';
    });
  }

  #now(): Date {
    return new Date(this.#clock.now());
  }
}

function toInvite(row: InviteRow): Invite {
  return {
    id: row.id,
    email: row.email,
    role: row.role,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
  };
}
