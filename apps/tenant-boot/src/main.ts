// Main: boots the tenant of this machine, and stops it when the machine stops.

import { systemClock } from '@molecule/kit';
import { boot } from './boot.ts';
import { readConfig } from './config.ts';

const stopping = new AbortController();
process.once('SIGINT', () => stopping.abort());
process.once('SIGTERM', () => stopping.abort());
try {
  await boot(readConfig(), systemClock, stopping.signal);
} catch (error) {
  if (!stopping.signal.aborted) {
    process.stderr.write(`tenant-boot: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
