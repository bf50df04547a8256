// Compose leaving: what the archive of an organisation is read from and written to.

import type { Dispatcher } from '@molecule/backends';
import { LIMITS } from '@molecule/domain';
import type { Log } from '@molecule/kit';
import type { Db } from '@molecule/postgres';
import { PgArchiveRows } from './features/leaving/archive-rows.pg.ts';
import type { LeavingDeps, UnitFolders } from './features/leaving/index.ts';
import type { MemoryDeps } from './features/memories/index.ts';
import type { CreateDeps } from './features/workspaces/index.ts';

export function composeLeaving(
  create: CreateDeps,
  parts: { db: Db; dispatcher: Dispatcher; memories: MemoryDeps; log: Log },
): LeavingDeps {
  const { db, dispatcher, memories, log } = parts;
  return {
    ...create,
    rows: new PgArchiveRows(db),
    memories,
    folders: toUnitFolders(dispatcher),
    limits: {
      bytes: LIMITS.orgArchiveBytes,
      entries: LIMITS.orgArchiveEntries,
      entryBytes: LIMITS.orgArchiveEntryBytes,
    },
    log,
  };
}

function toUnitFolders(dispatcher: Dispatcher): UnitFolders {
  return {
    isRunning: async ({ id, backend }) => (await dispatcher.probe(id, backend)) === 'running',
    pack: ({ id, backend }, folder, take) =>
      dispatcher.packFolder(id, backend, folder, ({ tar }) => take(tar)),
    unpack: ({ id, backend }, folder, tar) => dispatcher.unpackFolder(id, backend, folder, tar),
  };
}
