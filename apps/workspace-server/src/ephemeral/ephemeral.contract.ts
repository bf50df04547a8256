// The suite that every ephemeral state passes.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Ephemeral } from './ephemeral.ts';

export interface EphemeralUnderTest {
  /** Two processes of one tenant. */
  one: Ephemeral;
  other: Ephemeral;
  /** Lets time pass for expiry. */
  pass(ms: number): Promise<void>;
  stop(): Promise<void>;
}

export function holdsTheEphemeralContract(
  name: string,
  open: () => Promise<EphemeralUnderTest>,
  /** False, with the reason in the suite's name, where there are no other processes. */
  hasOtherProcesses: boolean,
): void {
  describe(`${name} ephemeral state`, () => {
    let under: EphemeralUnderTest;
    beforeAll(async () => {
      under = await open();
    });
    afterAll(() => under?.stop());

    it('gives back what was set, until it expires', async () => {
      await under.one.set('key', 'value', 200);
      expect(await under.one.get('key')).toBe('value');
      await under.pass(300);
      expect(await under.one.get('key')).toBeNull();
    });

    it('forgets what was deleted, and answers null for what never was', async () => {
      await under.one.set('gone', 'value', 10_000);
      await under.one.delete('gone');
      expect(await under.one.get('gone')).toBeNull();
      expect(await under.one.get('never')).toBeNull();
    });

    it('never brings a message back to the process that published it', async () => {
      const heard: unknown[] = [];
      under.one.subscribe('echo', (message) => heard.push(message));
      under.one.publish('echo', { n: 1 });
      await under.pass(150);
      expect(heard).toEqual([]);
    });

    // In-process state has no other process to tell: there the case does not exist, so it is not left out either.
    if (!hasOtherProcesses) return;
    it('takes a message to the other processes of the tenant', async () => {
      const heard: unknown[] = [];
      under.other.subscribe('events', (message) => heard.push(message));
      await expect
        .poll(
          () => {
            under.one.publish('events', { n: 1 });
            return heard.length;
          },
          { timeout: 5_000, interval: 50 },
        )
        .toBeGreaterThan(0);
      expect(heard[0]).toEqual({ n: 1 });
    });
  });
}
