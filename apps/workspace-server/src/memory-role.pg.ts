// Memory role: on the embedded database the plugin works as a role of its own, which sees its schema and nothing else.

import type { Db } from '@molecule/postgres';

export const MEMORY_ROLE = 'memory_plugin';

export async function makeMemoryRole(db: Db): Promise<void> {
  const found = await db.query('select 1 from pg_roles where rolname = $1', [MEMORY_ROLE]);
  if (found.length === 0) await db.query(`create role ${MEMORY_ROLE} login`);
  await db.query(`create schema if not exists ${MEMORY_ROLE} authorization ${MEMORY_ROLE}`);
}
