// Boot: from a machine that knows nothing to a tenant that runs on it.
//
//   B1. What is not there yet (bundle, volume) is waited for, up to one limit for all of it.
//   B2. Before the tenant starts, the way to the machine's identity is closed: its agents would be who the machine is.

import type { Clock } from '@molecule/kit';
import type { Config } from './config.ts';
import { fetchBundle } from './fetch-bundle.ts';
import { deviceOf, mountVolume } from './mount-volume.ts';
import { readInstructions } from './read-instructions.ts';
import { runProgram } from './run-program.ts';
import { runTenant } from './run-tenant.ts';

const ASK_MS = 1_000;

export async function boot(config: Config, clock: Clock, signal: AbortSignal): Promise<void> {
  const endAt = clock.now() + config.limitMs;
  const wait = <T>(what: string, ask: () => Promise<T>) => until(what, ask, { clock, endAt, signal });
  const instructions = await wait('instructions', () => readInstructions(config.metadataUrl));
  say(`instructions read: volume ${instructions.volume}`);
  const bundle = await wait('bundle', () => fetchBundle(instructions));
  say('bundle fetched');
  const device = deviceOf(instructions.volume);
  await wait('volume', async () => {
    if (!(await mountVolume(device, config.mountAt, config.user))) throw new Error(`${device} is not there`);
  });
  say(`volume mounted at ${config.mountAt}`);
  await closeWayTo(new URL(config.metadataUrl).hostname);
  say('starting the tenant');
  const environment = { ...instructions.environment, ...bundle, MOLECULE_DATA_DIR: config.mountAt };
  await runTenant(
    {
      program: config.program,
      user: config.user,
      home: config.mountAt,
      programPath: config.programPath,
      environment,
    },
    signal,
  );
}

/** B2. Until the machine starts anew. */
function closeWayTo(address: string): Promise<void> {
  return runProgram('ip', ['route', 'replace', 'blackhole', `${address}/32`]);
}

/** B1. */
async function until<T>(
  what: string,
  ask: () => Promise<T>,
  { clock, endAt, signal }: { clock: Clock; endAt: number; signal: AbortSignal },
): Promise<T> {
  let told = '';
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      const why = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
      if (clock.now() >= endAt) throw new Error(`no ${what}: ${why}`, { cause: error });
      if (why !== told) say(`waiting for the ${what}: ${why}`);
      told = why;
      await clock.sleep(ASK_MS, signal);
    }
  }
}

function say(words: string): void {
  process.stdout.write(`tenant-boot: ${words}\n`);
}
