// Empty cluster: one Postgres data folder without anything in it, made once a run; a scenario's tenant begins with a copy of it
// and makes its database there, as after a first start that was cut off. First starts have scenarios of their own.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLog } from '@molecule/kit';
import { EmbeddedPostgres } from '@molecule/postgres';

export async function setup(): Promise<() => Promise<void>> {
  const dataDir = await mkdtemp(join(tmpdir(), 'molecule-cluster-'));
  const server = new EmbeddedPostgres({ dataDir, log: createLog({ level: 'silent' }) });
  await server.start();
  await server.stop();
  process.env.MOLECULE_TEST_CLUSTER = join(dataDir, 'postgres');
  return () => rm(dataDir, { recursive: true, force: true });
}
