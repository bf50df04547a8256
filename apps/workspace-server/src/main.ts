// Main: start, serve, stop.

import { startTenant } from './compose.ts';
import { readConfig } from './config.ts';
import { explainStartFailure } from './explain-start-failure.ts';
import { refreshEnvironment } from './features/platform-link/index.ts';
import { StartProgress } from './start-progress.ts';

const progress = new StartProgress(process.stdout);

async function main(): Promise<void> {
  const config = await readConfig(async (env) => {
    const { env: fresh, trouble } = await refreshEnvironment(env);
    if (trouble !== null) progress.say(`starting with the settings at hand: ${trouble}`);
    return fresh;
  });
  const signalled = listenForSignals();
  const tenant = await startTenant(config, progress);
  const signal = await signalled;
  progress.say(`stopping (${signal}): agents finish what they do …`);
  const { isClean } = await tenant.stop(signal);
  process.exit(isClean ? 0 : 1);
}

/**
 * Resolves with the first signal; one that comes during the start is kept until there is something to stop, so that a
 * start that is broken off leaves no database and no agent behind. A second signal means: now. What still runs then is
 * found and stopped at the next start.
 */
function listenForSignals(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let signals = 0;
    const note = (signal: NodeJS.Signals) => {
      signals++;
      if (signals > 1) process.exit(1);
      resolve(signal);
    };
    process.on('SIGINT', note);
    process.on('SIGTERM', note);
  });
}

main().catch((error: unknown) => {
  process.stderr.write(`\n${explainStartFailure(error)}\n`);
  process.exit(1);
});
