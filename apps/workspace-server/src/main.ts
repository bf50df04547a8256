// Main: start, serve, stop.

import { startTenant } from './compose.ts';
import { readConfig } from './config.ts';
import { explainStartFailure } from './explain-start-failure.ts';
import { StartProgress } from './start-progress.ts';

const progress = new StartProgress(process.stdout);

async function main(): Promise<void> {
  const config = readConfig();
  const tenant = await startTenant(config, progress);
  let signals = 0;
  const stop = (signal: string) => {
    signals++;
    // A second Ctrl-C means: now. Agents that are still running are found and stopped at the next start.
    if (signals > 1) process.exit(1);
    progress.say(`stopping (${signal}): agents finish what they do …`);
    void tenant.stop(signal).then(({ isClean }) => process.exit(isClean ? 0 : 1));
  };
  process.on('SIGINT', () => stop('SIGINT'));
  process.on('SIGTERM', () => stop('SIGTERM'));
}

main().catch((error: unknown) => {
  process.stderr.write(`\n${explainStartFailure(error)}\n`);
  process.exit(1);
});
