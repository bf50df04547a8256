// Run: judges the repository by one group of gates and prints the verdicts as JSON, for tooling/check.mjs to show.

import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GATES } from './all-gates.ts';
import { showViolation } from './gate.ts';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../..');
const gates = GATES[process.argv[2] ?? ''];
if (!gates) throw new Error(`there is no group of gates called ${process.argv[2]}`);

const verdicts: { name: string; problems: string[] }[] = [];
for (const { name, find, note } of gates) {
  const shown = note ? `${name} (${note(ROOT)})` : name;
  verdicts.push({ name: shown, problems: (await find(ROOT)).map(showViolation) });
}
process.stdout.write(`\n${JSON.stringify(verdicts)}\n`);
