// Share context: the files that a workspace's config.yaml offers to its direct reports.

import { LIMITS, type WorkspaceState } from '@molecule/domain';
import { isPlainPath, parseConfig } from '../templates/index.ts';

export interface SharedFile {
  path: string;
  content: string;
}

/** Bad paths and missing files are left out; nothing to share is an empty list. */
export async function readSharedContext(
  readConfigTree: (workspace: WorkspaceState) => Promise<Record<string, string>>,
  workspace: WorkspaceState,
): Promise<SharedFile[]> {
  if (workspace.backend === 'external') return [];
  const tree = await readConfigTree(workspace);
  const named = parseConfig(tree['config.yaml'] ?? '')?.shared_context;
  if (!Array.isArray(named)) return [];
  return named.slice(0, LIMITS.filesPerReplace).flatMap((path: unknown) => {
    if (typeof path !== 'string' || !isPlainPath(path) || !Object.hasOwn(tree, path)) return [];
    return [{ path, content: tree[path] ?? '' }];
  });
}
