// Generate: writes every file that is made from sources; `npm run check` tells when one is out of date.

import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GENERATED } from './generated-files.ts';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../..');

for (const { path, text } of GENERATED) {
  writeFileSync(join(ROOT, path), await text(ROOT));
  console.log(`wrote ${path}`);
}
