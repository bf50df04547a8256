// Bench faults: one bounded experiment for each way in which stores, agents and the server itself may fail.
// `npm run bench -- faults` runs all; `npm run bench -- faults postgres-gone hung-agents` runs those.

import { floods, hungAgents, pauseHung } from './faults-agents.ts';
import { revocations, stopUnderLoad } from './faults-server.ts';
import { postgresGone, redisGone } from './faults-stores.ts';

const EXPERIMENTS: Record<string, () => Promise<{ goal: string; isMet: boolean }>> = {
  'postgres-gone': postgresGone,
  'redis-gone': redisGone,
  'hung-agents': hungAgents,
  floods,
  'stop-under-load': stopUnderLoad,
  revocations,
  'pause-hung': pauseHung,
};

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !(name in EXPERIMENTS));
if (unknown.length > 0) {
  console.log(`no such experiment: ${unknown.join(', ')}; there are ${Object.keys(EXPERIMENTS).join(', ')}`);
  process.exit(1);
}
let isGood = true;
for (const [name, run] of Object.entries(EXPERIMENTS)) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  const result = await run();
  isGood &&= result.isMet;
  console.log(`${name}: ${result.isMet ? 'met' : 'MISSED'} — ${result.goal}`);
  console.log(JSON.stringify({ bench: 'faults', experiment: name, ...result }));
}
process.exit(isGood ? 0 : 1);
