// Patience: asks the cloud until there is an answer. What was just made and is not found yet, and what is still held by something
// that is ending, is asked for again.

import { faults } from '@molecule/domain';
import type { Clock } from '@molecule/kit';
import { refusalOf } from './cloud.ts';

const WAIT_MS = 150_000;
const NOT_YET = /(\.NotFound|^VolumeInUse)$/;

/** `ask` answers null for "not yet". Throws BACKEND_TRANSIENT at the end of its patience. */
export type Patience = <T>(what: string, ask: () => Promise<T | null>) => Promise<T>;

export function patience(clock: Clock, lookMs: number): Patience {
  return async (what, ask) => {
    const endAt = clock.now() + WAIT_MS;
    for (;;) {
      try {
        const found = await ask();
        if (found !== null) return found;
      } catch (error) {
        if (!NOT_YET.test(refusalOf(error))) throw error;
      }
      if (clock.now() >= endAt)
        throw faults.backendTransient(`the cloud takes its time until ${what}; it is asked again`);
      await clock.sleep(lookMs);
    }
  };
}
