// Person store on Postgres. An address is one account, whatever its capitals.

import { randomUUID } from 'node:crypto';
import type { Clock } from '@molecule/kit';
import type { Db } from '@molecule/postgres';
import type { Person, PersonStore } from './person-store.ts';

const COLUMNS = 'u.id, u.email, u.name, u.terms_version, u.password_hash';

interface Row {
  id: string;
  email: string;
  name: string;
  terms_version: string | null;
  password_hash: string | null;
}

export class PgPersonStore implements PersonStore {
  readonly #db: Db;
  readonly #clock: Clock;

  constructor(db: Db, clock: Clock) {
    this.#db = db;
    this.#clock = clock;
  }

  async create(input: Parameters<PersonStore['create']>[0]): Promise<Person | null> {
    const now = this.#now();
    const [row] = await this.#db.query<Row>(
      `insert into users as u (id, email, name, password_hash, terms_version, terms_accepted_at, created_at)
       values ($1, $2, $3, $4, $5, $6, $7) on conflict (lower(email)) do nothing returning ${COLUMNS}`,
      [
        randomUUID(),
        input.email,
        input.name,
        input.passwordHash,
        input.termsVersion,
        input.termsVersion === null ? null : now,
        now,
      ],
    );
    return row ? toPerson(row) : null;
  }

  async findByEmail(email: string): Promise<(Person & { passwordHash: string | null }) | null> {
    const [row] = await this.#db.query<Row>(
      `select ${COLUMNS} from users u where lower(u.email) = lower($1)`,
      [email],
    );
    return row ? { ...toPerson(row), passwordHash: row.password_hash } : null;
  }

  async findByIdentity(issuer: string, subject: string): Promise<Person | null> {
    return findByIdentity(this.#db, issuer, subject);
  }

  link(input: Parameters<PersonStore['link']>[0]): Promise<Person | null> {
    const { issuer, subject, email, name } = input;
    const now = this.#now();
    return this.#db.tx(async (tx) => {
      await tx.query(
        `insert into users (id, email, name, created_at) values ($1, $2, $3, $4)
         on conflict (lower(email)) do nothing`,
        [randomUUID(), email, name, now],
      );
      // Two ways at once for one address wait here for each other.
      const [row] = await tx.query<Row>(
        `select ${COLUMNS} from users u where lower(u.email) = lower($1) for update`,
        [email],
      );
      if (!row) return null;
      const [made] = await tx.query(
        `insert into user_identities (issuer, subject, user_id, created_at) values ($1, $2, $3, $4)
         on conflict do nothing returning user_id`,
        [issuer, subject, row.id, now],
      );
      if (!made) return findByIdentity(tx, issuer, subject);
      if (row.password_hash !== null) {
        await tx.query('update users set password_hash = null where id = $1', [row.id]);
        await tx.query('update user_sessions set revoked_at = $2 where user_id = $1 and revoked_at is null', [
          row.id,
          now,
        ]);
        await revoke(tx, row.id, now);
      }
      return toPerson(row);
    });
  }

  async find(id: string): Promise<Person | null> {
    const [row] = await this.#db.query<Row>(`select ${COLUMNS} from users u where u.id = $1`, [id]);
    return row ? toPerson(row) : null;
  }

  async acceptTerms(id: string, version: string): Promise<void> {
    await this.#db.query('update users set terms_version = $2, terms_accepted_at = $3 where id = $1', [
      id,
      version,
      this.#now(),
    ]);
  }

  async openSession(userId: string, digest: Buffer, expiresAt: number): Promise<void> {
    await this.#db.query(
      'insert into user_sessions (id, user_id, digest, created_at, expires_at) values ($1, $2, $3, $4, $5)',
      [randomUUID(), userId, digest, this.#now(), new Date(expiresAt)],
    );
  }

  async findSession(digest: Buffer): Promise<{ sessionId: string; person: Person } | null> {
    const [row] = await this.#db.query<Row & { session_id: string }>(
      `select s.id as session_id, ${COLUMNS} from user_sessions s join users u on u.id = s.user_id
       where s.digest = $1 and s.revoked_at is null and s.expires_at > $2`,
      [digest, this.#now()],
    );
    return row ? { sessionId: row.session_id, person: toPerson(row) } : null;
  }

  async endSession(sessionId: string): Promise<void> {
    await this.#db.tx(async (tx) => {
      const [row] = await tx.query<{ user_id: string }>(
        'update user_sessions set revoked_at = $2 where id = $1 and revoked_at is null returning user_id',
        [sessionId, this.#now()],
      );
      if (!row) return;
      await revoke(tx, row.user_id, this.#now());
    });
  }

  #now(): Date {
    return new Date(this.#clock.now());
  }
}

async function findByIdentity(
  db: Pick<Db, 'query'>,
  issuer: string,
  subject: string,
): Promise<Person | null> {
  const [row] = await db.query<Row>(
    `select ${COLUMNS} from user_identities i join users u on u.id = i.user_id
     where i.issuer = $1 and i.subject = $2`,
    [issuer, subject],
  );
  return row ? toPerson(row) : null;
}

/** Tells the tenants of the person's organisations. */
async function revoke(tx: Pick<Db, 'query'>, userId: string, now: Date): Promise<void> {
  await tx.query(
    `insert into revocations (org_id, kind, subject, at)
     select org_id, 'user', $1::text, $2 from org_members where user_id = $1::uuid`,
    [userId, now],
  );
}

function toPerson(row: Row): Person {
  return { id: row.id, email: row.email, name: row.name, termsVersion: row.terms_version };
}
