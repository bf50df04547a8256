// Host folder: which folder of this machine is the unit's /workspace.
// A folder of the host is taken only when an operator allowed a folder above it by name, and links are resolved first.

import { realpath } from 'node:fs/promises';
import { isAbsolute, relative } from 'node:path';
import { type Fault, faults } from '@molecule/domain';
import type { WorkspaceSpec } from './backend.ts';

type Asked = Pick<WorkspaceSpec, 'workspaceDir' | 'workspaceAccess'>;

export async function workspaceFolder(
  asked: Asked,
  ownFolder: string,
  allowedRoots: readonly string[],
): Promise<string> {
  if (asked.workspaceDir !== null && asked.workspaceAccess === 'read_only') {
    throw readOnlyRefused();
  }
  return (await allowedFolder(asked, allowedRoots)) ?? ownFolder;
}

export function readOnlyRefused(): Fault {
  return faults.unsupportedOnBackend(
    'workspace_access read_only',
    'process',
    'a process cannot be kept from writing into a folder',
  );
}

/** The folder of this machine that the workspace may have, links resolved; null when it asks for none. */
export async function allowedFolder(asked: Asked, allowedRoots: readonly string[]): Promise<string | null> {
  if (asked.workspaceDir === null || asked.workspaceAccess === 'none') return null;
  if (!isAbsolute(asked.workspaceDir) || asked.workspaceDir.split('/').includes('..')) {
    throw faults.invalidRequest('invalid workspace_dir');
  }
  const folder = await resolveFolder(asked.workspaceDir);
  for (const root of allowedRoots) {
    if (isInside(await resolveFolder(root), folder)) return folder;
  }
  throw faults.invalidRequest('workspace_dir is not in a folder that this server allows');
}

async function resolveFolder(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      throw faults.invalidRequest('workspace_dir does not exist');
    }
    throw error;
  }
}

function isInside(root: string, folder: string): boolean {
  const path = relative(root, folder);
  return path === '' || !(path === '..' || path.startsWith('../') || isAbsolute(path));
}
