// File place: from the root and path of a request to where the file is, under one path rule.

import { files as contract } from '@molecule/contracts';
import { faults } from '@molecule/domain';
import { isPlainPath } from '../templates/index.ts';

/** `/configs` and `/plugins` are kept by the tenant; the other two are folders of a unit that runs. */
export type FilePlace =
  | { kind: 'kept'; path: string }
  | { kind: 'live'; root: 'workspace' | 'home'; path: string };

/** Plugins are delivered below the config tree. */
const PLUGINS = 'plugins';

export function parseRoot(root: string | undefined): contract.FileRoot {
  const named = contract.FILE_ROOTS.find((each) => each === (root || '/configs'));
  if (!named) throw faults.invalidRequest(`root must be one of: ${contract.FILE_ROOTS.join(', ')}`);
  return named;
}

/** A file. Throws 400 `invalid path` for whatever could name something outside the root. */
export function parseFilePlace(root: string | undefined, path: string): FilePlace {
  const named = parseRoot(root);
  if (!isPlainPath(path)) throw faults.invalidRequest('invalid path');
  return placeOf(named, path);
}

/** A folder; empty is the root itself. */
export function parseFolderPlace(root: string | undefined, path: string | undefined): FilePlace {
  const named = parseRoot(root);
  if (path && !isPlainPath(path)) throw faults.invalidRequest('invalid path');
  return placeOf(named, path ?? '');
}

/** An absolute path such as `/workspace/a/b`, in its clean form. */
export function parseAbsolutePath(path: string | undefined): FilePlace {
  if (!path) throw faults.invalidRequest('path query required');
  if (!path.startsWith('/')) throw faults.invalidRequest('path must be absolute');
  const root = contract.FILE_ROOTS.find((each) => path === each || path.startsWith(`${each}/`));
  if (!root) throw faults.invalidRequest('path must be under /configs, /workspace, /home, or /plugins');
  if (path === root) throw faults.invalidRequest('path is not a regular file');
  const inside = path.slice(root.length + 1);
  if (!isPlainPath(inside)) throw faults.invalidRequest('invalid path');
  return placeOf(root, inside);
}

function placeOf(root: contract.FileRoot, path: string): FilePlace {
  switch (root) {
    case '/configs':
      return { kind: 'kept', path };
    case '/plugins':
      return { kind: 'kept', path: path === '' ? PLUGINS : `${PLUGINS}/${path}` };
    case '/workspace':
      return { kind: 'live', root: 'workspace', path };
    case '/home':
      return { kind: 'live', root: 'home', path };
    default:
      return root satisfies never;
  }
}
