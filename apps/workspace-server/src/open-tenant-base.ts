// Open tenant base: data folder, log, identity and a database that is up to date: what a start waits for the longest. It loads
// little, so that the rest of the server is loaded while the database comes up.

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { redactSecrets, TOKEN_PATTERN } from '@molecule/domain';
import { createLog, type Log, Supervisor, systemClock } from '@molecule/kit';
import { migrate, startPostgres } from '@molecule/postgres';
import type { Config } from './config.ts';
import type { StartProgress } from './start-progress.ts';
import { REPOSITORY_DIR, type TenantBase, templatesDirOf } from './tenant-base.ts';
import { loadTenantIdentity } from './tenant-identity.ts';

/** Whoever opens it stops its `pg`. */
export async function openTenantBase(config: Config, progress: StartProgress): Promise<TenantBase> {
  await mkdir(config.dataDir, { recursive: true, mode: 0o700 });
  const log = openLog(config);
  const identity = await loadTenantIdentity(config);
  progress.say(config.databaseUrl ? 'connecting to the database …' : 'starting the database …');
  const pg = await startPostgres({ dataDir: config.dataDir, databaseUrl: config.databaseUrl, log });
  try {
    await migrate(pg.db, join(REPOSITORY_DIR, 'apps/workspace-server/migrations'));
  } catch (error) {
    await pg.stop();
    throw error;
  }
  return {
    config,
    identity,
    pg,
    clock: systemClock,
    log,
    supervisor: new Supervisor(log),
    repositoryDir: REPOSITORY_DIR,
    templatesDir: templatesDirOf(config),
  };
}

/** Secrets never reach the file. */
function openLog(config: Pick<Config, 'logLevel' | 'dataDir'>): Log {
  return createLog({
    level: config.logLevel,
    file: join(config.dataDir, 'server.log'),
    hide: (line) => redactSecrets(line.replace(TOKEN_PATTERN, '[secret]')),
  });
}
