// Lock in step: package-lock.json asks for exactly what each package.json asks for. `npm ci` refuses a lock that lacks
// something, and with it every fresh clone fails; a folder that was installed earlier does not notice.

import type { Gate, Violation } from './gate.ts';
import { listFiles, readText } from './repository-files.ts';

type Manifest = Partial<Record<(typeof KINDS)[number], Record<string, string>>>;

const KINDS = ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies'] as const;
const LOCK = 'package-lock.json';

export const lockInStep: Gate = {
  name: 'package-lock.json is in step with every package.json',
  find(root) {
    const files = listFiles(root);
    const manifests = files.filter((path) =>
      /^((packages|apps)\/[^/]+\/|e2e\/|bench\/|tooling\/)?package\.json$/.test(path),
    );
    if (!files.includes(LOCK))
      return manifests.length > 0 ? [{ path: LOCK, message: 'is missing; run `npm install`' }] : [];
    const { packages } = JSON.parse(readText(root, LOCK) ?? '{}') as { packages: Record<string, Manifest> };
    return manifests.flatMap((path) => {
      const folder = path.replace(/\/?package\.json$/, '');
      return compare(path, JSON.parse(readText(root, path) ?? '{}') as Manifest, packages[folder]);
    });
  },
};

function compare(path: string, manifest: Manifest, locked: Manifest | undefined): Violation[] {
  if (!locked) return [{ path, message: `is unknown to ${LOCK}; run \`npm install\`` }];
  return KINDS.flatMap((kind) => {
    const [wanted, known] = [manifest[kind] ?? {}, locked[kind] ?? {}];
    return [...new Set([...Object.keys(wanted), ...Object.keys(known)])]
      .filter((name) => wanted[name] !== known[name])
      .map((name) => ({
        path,
        message: `asks for ${name} ${wanted[name] ?? 'no more'}, ${LOCK} has ${known[name] ?? 'none'}; run \`npm install\``,
      }));
  });
}
