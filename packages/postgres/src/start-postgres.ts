// Start Postgres: a remote server by URL, or an embedded one in the data folder. Callers cannot tell which.

import type { Log, Secret } from '@molecule/kit';
import { Db } from './db.ts';
import { EmbeddedPostgres } from './embedded-postgres.ts';
import { PostgresStartFailure } from './errors.ts';

const OLDEST_VERSION = 150_000;

export interface StartOptions {
  dataDir: string;
  databaseUrl: Secret | null;
  log: Log;
  maxConnections?: number;
}

export interface RunningPostgres {
  db: Db;
  kind: 'embedded' | 'remote';
  /** For a process of ours that connects by itself; on an embedded server as `role`, on a remote one as we do. */
  url(role: string): string;
  stop(): Promise<void>;
}

export async function startPostgres(options: StartOptions): Promise<RunningPostgres> {
  const { log, maxConnections } = options;
  const onIdleError = (error: Error) => log.warn({ err: error }, 'a database connection was lost');
  if (options.databaseUrl) {
    const db = new Db({ connectionString: options.databaseUrl.reveal(), maxConnections, onIdleError });
    try {
      await checkRemote(db);
    } catch (error) {
      await db.end();
      throw error;
    }
    tellOfSilence(db, log);
    const url = options.databaseUrl;
    return {
      db,
      kind: 'remote',
      url: () => url.reveal(),
      stop: () => db.end(),
    };
  }
  const server = new EmbeddedPostgres({ dataDir: options.dataDir, log });
  await server.start();
  const db = new Db({ ...server.connection(), maxConnections, onIdleError });
  tellOfSilence(db, log);
  return {
    db,
    kind: 'embedded',
    url: (role) => {
      const { host, database } = server.connection();
      return `postgresql://${role}@localhost/${database}?host=${encodeURIComponent(host)}`;
    },
    stop: async () => {
      try {
        await db.end();
      } catch (error) {
        log.warn({ err: error }, 'connections were still in use; the server ends them');
      }
      await server.stop();
    },
  };
}

function tellOfSilence(db: Db, log: Log): void {
  db.listen({
    onSilent: () => log.error({}, 'the database does not answer; requests are refused until it does'),
    onReturn: () => log.info({}, 'the database answers again'),
  });
}

async function checkRemote(db: Db): Promise<void> {
  try {
    const [row] = await db.query<{ server_version_num: string }>('show server_version_num');
    if (Number(row?.server_version_num) < OLDEST_VERSION) {
      throw new PostgresStartFailure(
        'the Postgres at DATABASE_URL is older than version 15; use a newer one',
      );
    }
  } catch (error) {
    if (error instanceof PostgresStartFailure) throw error;
    const cause = (error as { cause?: { message?: string } }).cause?.message ?? (error as Error).message;
    throw new PostgresStartFailure(
      `the Postgres at DATABASE_URL does not answer (${cause}). Check the address, the password and that it runs.`,
    );
  }
}
