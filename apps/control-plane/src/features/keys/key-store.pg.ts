// Key store on Postgres.
//
//   K1. Only the digest is kept, and looked up by; a revocation holds from its commit.
//   K2. The last use is written at most once a minute, so that reading stays cheap.

import { randomUUID } from 'node:crypto';
import type { Clock } from '@molecule/kit';
import type { Db } from '@molecule/postgres';
import type { KeyStore, PartnerKey } from './key-store.ts';

const COLUMNS =
  'id, name, key_prefix, partner_id, org_id, scopes, rate_limit, created_by, created_at, expires_at, revoked_at, last_used_at';
const USE_EVERY_MS = 60_000;
const MAX_LISTED = 500;

interface Row {
  id: string;
  name: string;
  key_prefix: string;
  partner_id: string;
  org_id: string | null;
  scopes: PartnerKey['scopes'];
  rate_limit: number;
  created_by: string;
  created_at: number;
  expires_at: number | null;
  revoked_at: number | null;
  last_used_at: number | null;
}

export class PgKeyStore implements KeyStore {
  readonly #db: Db;
  readonly #clock: Clock;

  constructor(db: Db, clock: Clock) {
    this.#db = db;
    this.#clock = clock;
  }

  async create(input: Parameters<KeyStore['create']>[0]): Promise<PartnerKey> {
    const [row] = await this.#db.query<Row>(
      `insert into partner_keys (id, name, key_hash, key_prefix, partner_id, org_id, scopes, rate_limit, created_by, created_at, expires_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) returning ${COLUMNS}`,
      [
        randomUUID(),
        input.name,
        input.hash,
        input.prefix,
        input.partnerId,
        input.orgId,
        input.scopes,
        input.rateLimit,
        input.createdBy,
        this.#now(),
        input.expiresAt === null ? null : new Date(input.expiresAt),
      ],
    );
    return toKey(row as Row);
  }

  async use(hash: Buffer): Promise<PartnerKey | null> {
    const now = this.#clock.now();
    const [row] = await this.#db.query<Row>(
      `select ${COLUMNS} from partner_keys
       where key_hash = $1 and revoked_at is null and (expires_at is null or expires_at > $2)`,
      [hash, new Date(now)],
    );
    if (!row) return null;
    if (row.last_used_at === null || row.last_used_at < now - USE_EVERY_MS) {
      await this.#db.query('update partner_keys set last_used_at = $2 where id = $1', [
        row.id,
        new Date(now),
      ]);
    }
    return toKey(row);
  }

  async list(partnerId: string | null): Promise<PartnerKey[]> {
    const rows = await this.#db.query<Row>(
      `select ${COLUMNS} from partner_keys where $1::text is null or partner_id = $1
       order by created_at desc, id limit ${MAX_LISTED}`,
      [partnerId],
    );
    return rows.map(toKey);
  }

  async find(id: string): Promise<PartnerKey | null> {
    const [row] = await this.#db.query<Row>(`select ${COLUMNS} from partner_keys where id = $1`, [id]);
    return row ? toKey(row) : null;
  }

  async revoke(id: string): Promise<boolean> {
    const rows = await this.#db.query(
      'update partner_keys set revoked_at = $2 where id = $1 and revoked_at is null returning id',
      [id, this.#now()],
    );
    return rows.length > 0;
  }

  #now(): Date {
    return new Date(this.#clock.now());
  }
}

function toKey(row: Row): PartnerKey {
  return {
    id: row.id,
    name: row.name,
    prefix: row.key_prefix,
    partnerId: row.partner_id,
    orgId: row.org_id,
    scopes: row.scopes,
    rateLimit: row.rate_limit,
    createdBy: row.created_by,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at,
    lastUsedAt: row.last_used_at,
  };
}
