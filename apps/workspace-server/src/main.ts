// Main: start, serve, stop.

import type { Tenant } from './compose.ts';
import { type Config, readConfig } from './config.ts';
import { explainStartFailure } from './explain-start-failure.ts';
import { refreshEnvironment } from './features/platform-link/index.ts';
import { openTenantBase } from './open-tenant-base.ts';
import { StartProgress } from './start-progress.ts';

const progress = new StartProgress(process.stdout);

async function main(): Promise<void> {
  const config = await readConfig(async (env) => {
    const { env: fresh, trouble } = await refreshEnvironment(env);
    if (trouble !== null) progress.say(`starting with the settings at hand: ${trouble}`);
    return fresh;
  });
  const signalled = listenForSignals();
  const tenant = await start(config);
  const signal = await signalled;
  progress.say(`stopping (${signal}): agents finish what they do …`);
  const { isClean } = await tenant.stop(signal);
  process.exit(isClean ? 0 : 1);
}

/** The larger part of the server is loaded while its database comes up. */
async function start(config: Config): Promise<Tenant> {
  const opening = openTenantBase(config, progress);
  const loading = import('./compose.ts');
  const [base, loaded] = await Promise.allSettled([opening, loading]);
  if (base.status === 'rejected') throw base.reason;
  if (loaded.status === 'fulfilled') return loaded.value.startTenant(base.value, progress);
  await base.value.pg.stop();
  throw loaded.reason;
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
