// Own Postgres: the store of a plugin that runs without a database of somebody else: an embedded Postgres in its data folder.

import type { Log } from '@molecule/kit';
import { EmbeddedPostgres } from '@molecule/postgres';

export interface OwnPostgres {
  url: string;
  stop(): Promise<void>;
}

/** Throws PostgresStartFailure, with what to do, where it cannot run. */
export async function startOwnPostgres(dataDir: string, log: Log): Promise<OwnPostgres> {
  const server = new EmbeddedPostgres({ dataDir, log });
  await server.start();
  const { host, user, database } = server.connection();
  return {
    url: `postgresql://${user}@localhost/${database}?host=${encodeURIComponent(host)}`,
    stop: () => server.stop(),
  };
}
