// Main: start, serve, stop.

import { startControlPlane } from './compose.ts';
import { readConfig } from './config.ts';

async function main(): Promise<void> {
  const config = readConfig();
  const signalled = listenForSignals();
  const controlPlane = await startControlPlane(config);
  process.stdout.write(`control plane ready on ${controlPlane.url}\n`);
  const signal = await signalled;
  const { isClean } = await controlPlane.stop(signal);
  process.exit(isClean ? 0 : 1);
}

/** The first signal stops in order, tenants of this machine included; a second one means: now. */
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
  const isForPeople = (error as { isForPeople?: boolean }).isForPeople === true;
  const { name, message, stack } = error as Error;
  process.stderr.write(
    `\nThe control plane cannot start: ${isForPeople || name === 'SettingsError' ? message : (stack ?? String(error))}\n`,
  );
  process.exit(1);
});
