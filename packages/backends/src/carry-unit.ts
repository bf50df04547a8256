// Carry unit: what a workspace keeps goes from one backend to another.
//
//   C1. The unit is ended first, and the source is only read: a carry that fails or dies half-way loses nothing and is
//       begun again.
//   C2. Whatever the target kept of the workspace is erased first: it is left over from an earlier carry.

import { addAbortSignal } from 'node:stream';
import type { Log } from '@molecule/kit';
import type { Backend } from './backend.ts';
import { CARRIED_FOLDERS } from './folder-archive.ts';

export async function carryUnit(
  { source, target, workspaceId }: { source: Backend; target: Backend; workspaceId: string },
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  await source.stop(workspaceId);
  await target.stopAndPrune(workspaceId);
  for (const folder of CARRIED_FOLDERS) {
    signal.throwIfAborted();
    await source.packFolder(workspaceId, folder, async ({ tar, leftOut }) => {
      await target.unpackFolder(workspaceId, folder, addAbortSignal(signal, tar));
      if (leftOut() === 0) return;
      log.warn({ workspaceId, folder, count: leftOut() }, 'sockets, pipes or devices were not carried');
    });
  }
}
