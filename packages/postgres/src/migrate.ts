// Migrate: brings a database to the newest schema.
//
//   J1. Forward only, in the order of the numbers, without gaps.
//   J2. A migration and its record are one transaction: a crash leaves both or neither.
//   J3. A migration that landed never changes: its checksum is compared at every start.
//   J4. One migrator at a time (advisory lock).

import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Db, Tx } from './db.ts';
import { PostgresStartFailure } from './errors.ts';

const LOCK_KEY = 7_264_001;
/** A migration may rewrite a large table, and another migrator may be at it. */
const STATEMENT_MS = 600_000;
/** Would end the transaction of J2. */
const TRANSACTION_STATEMENT = /^\s*(begin|start\s+transaction|commit|rollback|abort)\b[^;]*;/im;
const FILE_NAME = /^(\d{4})_[a-z0-9_]+\.sql$/;

export interface Migration {
  number: number;
  name: string;
  sql: string;
  checksum: string;
}

/** A `begin` in a function's body or in a comment is no statement of the migration. */
function statementsOf(sql: string): string {
  return sql.replace(/--.*$|\/\*[\s\S]*?\*\//gm, '').replace(/\$(\w*)\$[\s\S]*?\$\1\$/g, "''");
}

export async function readMigrations(dir: string): Promise<Migration[]> {
  const names = (await readdir(dir)).filter((name) => name.endsWith('.sql')).sort();
  const migrations = await Promise.all(
    names.map(async (name): Promise<Migration> => {
      const match = FILE_NAME.exec(name);
      if (!match) throw new Error(`migration ${name} is not named 0001_like_this.sql`);
      const sql = await readFile(join(dir, name), 'utf8');
      if (TRANSACTION_STATEMENT.test(statementsOf(sql)))
        throw new Error(`migration ${name} must leave the transaction to the migrator`);
      return {
        number: Number(match[1]),
        name,
        sql,
        checksum: createHash('sha256').update(sql).digest('hex'),
      };
    }),
  );
  migrations.forEach((migration, i) => {
    if (migration.number !== i + 1)
      throw new Error(`migration ${migration.name} leaves a gap: ${i + 1} is missing`);
  });
  return migrations;
}

/** Returns the names of the migrations that were applied now. `journal` keeps one app's records apart from another's. */
export async function migrate(db: Db, dir: string, options: { journal?: string } = {}): Promise<string[]> {
  const journal = options.journal ?? 'schema_migrations';
  if (!/^[a-z_]{1,40}$/.test(journal)) throw new Error('the journal must be a plain table name');
  const migrations = await readMigrations(dir);
  return db.withConnection(
    async (connection) => {
      await connection.query('select pg_advisory_lock($1)', [LOCK_KEY]);
      try {
        return await applyMissing(connection, migrations, journal);
      } finally {
        await leave(connection);
      }
    },
    { statementMs: STATEMENT_MS },
  );
}

async function leave(connection: Tx): Promise<void> {
  try {
    await connection.query('select pg_advisory_unlock($1)', [LOCK_KEY]);
  } catch {
    // The connection is gone, and the lock with it; the error that broke it tells why.
  }
}

async function applyMissing(connection: Tx, migrations: Migration[], journal: string): Promise<string[]> {
  await connection.query(
    `create table if not exists ${journal} (
       number integer primary key, name text not null, checksum text not null, applied_at timestamptz not null default now())`,
  );
  const applied = await connection.query<{ number: number; name: string; checksum: string }>(
    `select number, name, checksum from ${journal} order by number`,
  );
  refuseForeignHistory(applied, migrations);
  const done: string[] = [];
  for (const migration of migrations.slice(applied.length)) {
    await connection.query('begin');
    try {
      await connection.query(migration.sql);
      await connection.query(`insert into ${journal} (number, name, checksum) values ($1, $2, $3)`, [
        migration.number,
        migration.name,
        migration.checksum,
      ]);
      await connection.query('commit');
    } catch (error) {
      await connection.query('rollback').catch(() => {
        // The connection is gone, and the transaction with it; the first error tells why.
      });
      throw error;
    }
    done.push(migration.name);
  }
  return done;
}

function refuseForeignHistory(
  applied: readonly { number: number; name: string; checksum: string }[],
  migrations: readonly Migration[],
): void {
  if (applied.length > migrations.length) {
    throw new PostgresStartFailure(
      `the database was written by a newer version (migration ${applied.at(-1)?.name}). Start that version, or restore a backup.`,
    );
  }
  for (const [i, row] of applied.entries()) {
    const migration = migrations[i];
    if (row.number !== i + 1 || migration?.checksum !== row.checksum) {
      throw new PostgresStartFailure(
        `migration ${row.name} in the database is not the one in this version. Start the version that wrote it, or restore a backup.`,
      );
    }
  }
}
