// Postgres: embedded or remote, queries and transactions, migrations. No business tables.
export type { Binaries } from './binaries.ts';
export { type ConnectionOptions, Db, type Tx } from './db.ts';
export { type EmbeddedOptions, EmbeddedPostgres } from './embedded-postgres.ts';
export { DatabaseFull, DatabaseUnavailable, DatabaseValueRefused, PostgresStartFailure } from './errors.ts';
export { type Migration, migrate, readMigrations } from './migrate.ts';
export { type RunningPostgres, type StartOptions, startPostgres } from './start-postgres.ts';
