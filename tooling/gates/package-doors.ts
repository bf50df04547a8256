// Package doors: a package is entered through "." only, versions are exact, and workspaces name each other.

import type { Gate, Violation } from './gate.ts';
import { listFiles, readText } from './repository-files.ts';

interface Manifest {
  name?: string;
  private?: boolean;
  exports?: unknown;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}

const EXACT = /^\d+\.\d+\.\d+(-[\w.]+)?$/;

export const packageDoors: Gate = {
  name: 'packages have one door and exact versions',
  find(root) {
    return listFiles(root)
      .filter((path) => /^((packages|apps)\/[^/]+\/|e2e\/|bench\/|tooling\/)?package\.json$/.test(path))
      .flatMap((path) => judge(path, JSON.parse(readText(root, path) ?? '{}') as Manifest));
  },
};

function judge(path: string, manifest: Manifest): Violation[] {
  const found: Violation[] = [];
  const isPackage = path.startsWith('packages/');
  if (isPackage && JSON.stringify(manifest.exports) !== JSON.stringify({ '.': './src/index.ts' })) {
    found.push({ path, message: 'must export "." from ./src/index.ts and nothing else' });
  }
  if (!isPackage && manifest.exports !== undefined)
    found.push({ path, message: 'exports something; only packages do' });
  if (manifest.private !== true) found.push({ path, message: 'must be private' });
  const named = { ...manifest.dependencies, ...manifest.devDependencies, ...manifest.optionalDependencies };
  for (const [name, version] of Object.entries(named)) {
    if (!EXACT.test(version))
      found.push({ path, message: `${name} is not pinned to one version (${version})` });
  }
  return found;
}
