// Run tenant: the tenant as a user without rights, kept running until this machine is told to stop.
//
//   T1. It has the environment of its instructions and its bundle, and nothing of ours.
//   T2. One that ends by itself is started again, with longer and longer pauses.

import { type ChildProcess, spawn } from 'node:child_process';
import { backoffMs, systemClock } from '@molecule/kit';

const PAUSE = { baseMs: 1_000, maxMs: 30_000 };
/** One that ran so long is no longer counted among those that fail at their start. */
const STEADY_MS = 60_000;

export interface TenantRun {
  program: string;
  user: number;
  home: string;
  programPath: string;
  environment: Readonly<Record<string, string>>;
}

/** Resolves when the tenant ended after `signal` was aborted. */
export async function runTenant(run: TenantRun, signal: AbortSignal): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    const startedAt = systemClock.now();
    const how = await runOnce(run, signal);
    if (signal.aborted) return;
    if (systemClock.now() - startedAt > STEADY_MS) failures = 0;
    const pauseMs = backoffMs(++failures, PAUSE);
    process.stdout.write(`the tenant ended (${how}); it is started again in ${Math.round(pauseMs)} ms\n`);
    await systemClock.sleep(pauseMs, signal).catch(() => undefined);
  }
}

function runOnce(run: TenantRun, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = startAsUser(run);
    const onStop = () => child.kill('SIGTERM');
    signal.addEventListener('abort', onStop, { once: true });
    if (signal.aborted) onStop();
    child.once('error', reject);
    child.once('close', (code, by) => {
      signal.removeEventListener('abort', onStop);
      resolve(String(code ?? by));
    });
  });
}

/** T1. */
function startAsUser({ program, user, home, programPath, environment }: TenantRun): ChildProcess {
  const id = String(user);
  const asUser = ['--reuid', id, '--regid', id, '--clear-groups', '--no-new-privs', '--bounding-set', '-all'];
  return spawn('setpriv', [...asUser, '--', process.execPath, program], {
    stdio: ['ignore', 'inherit', 'inherit'],
    cwd: home,
    env: { ...environment, PATH: programPath, HOME: home },
  });
}
