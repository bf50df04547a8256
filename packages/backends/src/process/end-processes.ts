// End processes: asks processes to end, then makes them.
//
//   E1. Every process gets SIGTERM and a grace; whatever is left gets SIGKILL in one step.
//   E2. Success means that none of them is left, also none that appeared meanwhile; else it rejects.

import { setTimeout as sleep } from 'node:timers/promises';
import { faults } from '@molecule/domain';
import { type ProcessRef, signalUnit, stillAlive } from './process-table.ts';

const KILL_WAIT_MS = 5_000;
const LOOK_MS = 20;

/** `killAll`: ends everything that there may be in one step, where the system can. */
export async function endProcesses(
  find: () => Promise<ProcessRef[]>,
  graceMs: number,
  killAll: () => Promise<void> = async () => {},
): Promise<void> {
  const first = await find();
  if (first.length === 0) return;
  for (const { pid } of first) signalUnit(pid, 'SIGTERM');
  await waitUntilGone(first, graceMs);
  const endAt = Date.now() + KILL_WAIT_MS;
  for (;;) {
    const left = await find();
    if (left.length === 0) return;
    await killAll();
    for (const { pid } of left) signalUnit(pid, 'SIGKILL');
    const isGone = await waitUntilGone(left, endAt - Date.now());
    if (!isGone || Date.now() > endAt) {
      throw faults.backendTransient(
        'the agent does not end',
        new Error(`left: ${left.map(({ pid }) => pid)}`),
      );
    }
  }
}

async function waitUntilGone(refs: readonly ProcessRef[], limitMs: number): Promise<boolean> {
  const endAt = Date.now() + limitMs;
  let left = refs;
  for (;;) {
    left = await stillAlive(left);
    if (left.length === 0) return true;
    if (Date.now() >= endAt) return false;
    await sleep(LOOK_MS);
  }
}
