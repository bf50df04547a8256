// Documents hold: links between the project's documents lead somewhere, and the npm commands they name exist.

import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import type { Gate } from './gate.ts';
import { listFiles, readText } from './repository-files.ts';

/** Markdown links, and the pictures that a document shows. */
const LINK = /\]\(([^)\s]+)\)|\bsrc(?:set)?="([^"]+)"/g;
const COMMAND = /npm run ([a-z][a-z:-]*)/g;

export const documentsHold: Gate = {
  name: 'links of documents resolve and their commands exist',
  find(root) {
    const scripts = readScripts(root);
    return listFiles(root)
      .filter((path) => path.endsWith('.md'))
      .flatMap((path) => {
        const lines = (readText(root, path) ?? '').split('\n');
        return lines.flatMap((text, i) => [
          ...deadLinks(root, path, text).map((link) => ({
            path,
            line: i + 1,
            message: `links to ${link}, which is not there`,
          })),
          ...[...text.matchAll(COMMAND)]
            .filter(([, name = '']) => !scripts.has(name))
            .map(([command]) => ({
              path,
              line: i + 1,
              message: `names "${command}", which package.json does not have`,
            })),
        ]);
      });
  },
};

function readScripts(root: string): Set<string> {
  const file = join(root, 'package.json');
  if (!existsSync(file)) return new Set();
  const { scripts } = JSON.parse(readFileSync(file, 'utf8')) as { scripts?: Record<string, string> };
  return new Set(Object.keys(scripts ?? {}));
}

function deadLinks(root: string, path: string, text: string): string[] {
  return [...text.matchAll(LINK)]
    .map(([, target, picture]) => target ?? picture ?? '')
    .filter((target) => !/^([a-z]+:|#)/i.test(target))
    .filter((target) => !existsSync(join(root, normalize(join(dirname(path), target.split('#')[0] ?? '')))));
}
