// Organisation token store on Postgres, with the digests of live tokens mirrored in memory. Invariants: org-token-store.ts.

import { randomBytes, randomUUID } from 'node:crypto';
import { Fault, formatToken, LIMITS, tokenPrefix } from '@molecule/domain';
import { type CredentialMatch, digestOf } from '@molecule/http';
import type { Clock } from '@molecule/kit';
import type { Db, Tx } from '@molecule/postgres';
import type { OrgToken, OrgTokenStore } from './org-token-store.ts';

interface Row {
  id: string;
  prefix: string;
  name: string;
  org_id: string | null;
  created_by: string;
  created_at: number;
  last_used_at: number | null;
}

type Match = Extract<CredentialMatch, { kind: 'org_token' }>;

const MAX_REVOKED_KEPT = 1_000;

export class PgOrgTokenStore implements OrgTokenStore {
  readonly #db: Db;
  readonly #clock: Clock;
  readonly #live = new Map<string, Match>();
  /** Ids whose revocation may be known before their mint is: the two answers come over different connections. */
  readonly #revoked = new Set<string>();
  readonly #listeners: ((credentialId: string) => void)[] = [];

  constructor(db: Db, clock: Clock) {
    this.#db = db;
    this.#clock = clock;
  }

  async load(): Promise<void> {
    const rows = await this.#db.query<Pick<Row, 'id' | 'prefix' | 'org_id'> & { digest: Buffer }>(
      'select id, prefix, org_id, digest from org_tokens where revoked_at is null',
    );
    for (const row of rows) this.#remember(row.digest, row.id, row.prefix, row.org_id);
  }

  async findBearer(digest: Buffer): Promise<CredentialMatch | null> {
    return this.#live.get(key(digest)) ?? null;
  }

  async mint(input: Pick<OrgToken, 'name' | 'orgId' | 'createdBy'>) {
    const token = formatToken(randomBytes(32).toString('base64url'), 'org');
    const digest = digestOf(token);
    const row: OrgToken = {
      ...input,
      id: randomUUID(),
      prefix: tokenPrefix(token),
      createdAt: this.#clock.now(),
      lastUsedAt: null,
    };
    await this.#db.tx(async (tx) => {
      await refuseFullHouse(tx);
      await tx.query(
        `insert into org_tokens (id, digest, prefix, name, org_id, created_by, created_at)
         values ($1, $2, $3, $4, $5, $6, $7)`,
        [row.id, digest, row.prefix, row.name, row.orgId, row.createdBy, new Date(row.createdAt)],
      );
    });
    this.#remember(digest, row.id, row.prefix, row.orgId);
    return { token, row };
  }

  async list(): Promise<OrgToken[]> {
    const rows = await this.#db.query<Row>(
      `select id, prefix, name, org_id, created_by, created_at, last_used_at from org_tokens
       where revoked_at is null order by created_at desc, id limit $1`,
      [LIMITS.orgTokens],
    );
    return rows.map((row) => ({
      id: row.id,
      prefix: row.prefix,
      name: row.name,
      orgId: row.org_id,
      createdBy: row.created_by,
      createdAt: row.created_at,
      lastUsedAt: row.last_used_at,
    }));
  }

  async revoke(id: string): Promise<boolean> {
    return (await this.#revoke('id = $2', [id])) > 0;
  }

  revokeAll(): Promise<number> {
    return this.#revoke('true', []);
  }

  onRevoked(listener: (credentialId: string) => void): void {
    this.#listeners.push(listener);
  }

  async #revoke(which: string, values: unknown[]): Promise<number> {
    const rows = await this.#db.query<{ id: string; digest: Buffer }>(
      `update org_tokens set revoked_at = $1 where revoked_at is null and ${which} returning id, digest`,
      [new Date(this.#clock.now()), ...values],
    );
    for (const row of rows) {
      this.#live.delete(key(row.digest));
      this.#revoked.add(row.id);
    }
    for (const row of rows) for (const listener of this.#listeners) listener(row.id);
    for (const id of this.#revoked) if (this.#revoked.size > MAX_REVOKED_KEPT) this.#revoked.delete(id);
    return rows.length;
  }

  #remember(digest: Buffer, tokenId: string, prefix: string, orgId: string | null): void {
    if (this.#revoked.has(tokenId)) return;
    this.#live.set(key(digest), { kind: 'org_token', tokenId, prefix, orgId });
  }
}

/** The table lock makes counting and inserting one step (O1); minting is rare, and reading goes on meanwhile. */
async function refuseFullHouse(tx: Tx): Promise<void> {
  await tx.query('lock table org_tokens in share row exclusive mode');
  const [row] = await tx.query<{ live: number }>(
    'select count(*)::int as live from org_tokens where revoked_at is null',
  );
  if ((row?.live ?? 0) < LIMITS.orgTokens) return;
  throw new Fault('RATE_LIMITED', `maximum ${LIMITS.orgTokens} active organisation tokens`);
}

function key(digest: Buffer): string {
  return digest.toString('base64');
}
