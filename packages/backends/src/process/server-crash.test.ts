// Server crash: the server is killed at any moment of starting and stopping agents; the next one finds every process.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { specOf, urlOf } from '../backend.contract.ts';
import { type ProcessUnderTest, processUnderTest } from './testing/process-under-test.ts';

const OWNER = fileURLToPath(new URL('./testing/owner-process.ts', import.meta.url));
const AGENT = fileURLToPath(new URL('./testing/unit-process.mjs', import.meta.url));
const REPOSITORY = fileURLToPath(new URL('../../../../', import.meta.url));
const KILLS = 6;

let under: ProcessUnderTest;

beforeEach(async () => {
  under = await processUnderTest();
});
afterEach(() => under.close());

it('leaves no agent twice and none behind, whenever it was killed (U2, U3)', {
  timeout: 60_000,
}, async () => {
  const ids = [crypto.randomUUID(), crypto.randomUUID()];
  let found = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    await runAndKill(ids, 13 * kill);
    const next = await under.restartServer();
    expect(await next.listUnits()).not.toBeNull();
    for (const id of ids) {
      const before = await under.countAgents(id);
      found += before;
      expect(before).toBeLessThanOrEqual(1);
      if ((await next.probe(id, 'process')) === 'gone') expect(before).toBe(0);
      if (kill % 2 === 0) {
        urlOf(await next.start(specOf(id), 'process'));
        await under.seenByAgent(id);
        expect(await under.countAgents(id)).toBe(1);
      }
      await next.stop(id, 'process');
      expect(await under.countAgents(id)).toBe(0);
    }
  }
  // The kills came at moments at which something ran.
  expect(found).toBeGreaterThan(0);
});

/** Kills the owner `delayMs` after its first start, in the middle of the following ones. */
async function runAndKill(ids: readonly string[], delayMs: number): Promise<void> {
  const owner = spawn(process.execPath, ['--import', 'tsx', OWNER, under.stateDir, AGENT, ...ids], {
    cwd: REPOSITORY,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(owner.stdout, 'data');
  const killAt = performance.now() + delayMs;
  while (performance.now() < killAt) await new Promise((resolve) => setImmediate(resolve));
  owner.kill('SIGKILL');
  await once(owner, 'exit');
}
