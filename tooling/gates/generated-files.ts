// Generated files: what is made from sources says what the sources say now.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { GENERATED, type GeneratedFile } from '../generate/generated-files.ts';
import type { Gate, Violation } from './gate.ts';

export function generatedFilesOf(files: readonly GeneratedFile[]): Gate {
  return {
    name: 'generated files are up to date',
    async find(root) {
      const found: Violation[] = [];
      for (const { path, text } of files) {
        const full = join(root, path);
        const isSame = existsSync(full) && readFileSync(full, 'utf8') === (await text(root));
        if (!isSame) found.push({ path, message: 'is not what its sources say; run `npm run generate`' });
      }
      return found;
    },
  };
}

export const generatedFiles = generatedFilesOf(GENERATED);
