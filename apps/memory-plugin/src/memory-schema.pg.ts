// Memory schema: opens the plugin's database in a schema of its own, and brings the schema to its newest form.

import { Db, migrate } from '@molecule/postgres';

const SCHEMA = 'memory_plugin';
const MAX_CONNECTIONS = 10;

export async function openMemoryDatabase(
  databaseUrl: string,
  migrationsDir: string,
  onIdleError: (error: Error) => void,
): Promise<Db> {
  const db = new Db({
    connectionString: withSearchPath(databaseUrl),
    maxConnections: MAX_CONNECTIONS,
    onIdleError,
  });
  try {
    // A role that owns its schema already may have no right to create one.
    const [found] = await db.query<{ has: boolean }>('select to_regnamespace($1) is not null as has', [
      SCHEMA,
    ]);
    if (!found?.has) await db.query(`create schema if not exists ${SCHEMA}`);
    await migrate(db, migrationsDir);
    return db;
  } catch (error) {
    await db.end();
    throw error;
  }
}

/** `options` of the operator win: they know what their pooler lets through. */
function withSearchPath(databaseUrl: string): string {
  const url = new URL(databaseUrl);
  if (!url.searchParams.has('options')) url.searchParams.set('options', `-c search_path=${SCHEMA},public`);
  return url.toString().replaceAll('+', '%20');
}
