// Purge rows: deletes what other tables hold of purged workspaces, in the transaction of the purge.

import type { Tx } from '@molecule/postgres';

const BY_WORKSPACE = [
  `insert into memory_purges (namespace, queued_at)
   select kind || ':' || id, now() from unnest($1::uuid[]) id, unnest(array['workspace', 'team', 'org']) kind
   on conflict do nothing`,
  'delete from memory_authors where writer_id = any($1)',
  `delete from memory_authors where namespace in (select 'team:' || id from unnest($1::uuid[]) id)`,
  'delete from memory_provenance where writer_id = any($1)',
  'delete from memory_seeds where workspace_id = any($1)',
  'delete from key_values where workspace_id = any($1)',
  'delete from activity where workspace_id = any($1)',
  'delete from inbox where workspace_id = any($1)',
  'delete from message_keys where target_id = any($1)',
  'delete from approvals where workspace_id = any($1)',
  'delete from delegations where source_id = any($1) or target_id = any($1)',
];

export async function purgeRows(tx: Tx, workspaceIds: readonly string[]): Promise<void> {
  for (const statement of BY_WORKSPACE) await tx.query(statement, [workspaceIds]);
}
