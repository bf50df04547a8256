// Crash scenario: the kill harness, two dozen times. Nothing acknowledged is lost or doubled, every delegation ends with one
// effect, the event log still folds into the table; and the same checker turns red when durability is given up.

import { describe, expect, it } from 'vitest';
import { CrashLoad } from '../bench/crash-load.ts';
import { runCrash } from '../bench/crash-run.ts';
import { hangs, startAgent } from '../bench/faults-client.ts';
import { verifies } from './requirements.ts';

const KILLS = 24;
const LIMIT_MS = 900_000;
const TEETH_KILLS = 3;

describe('the kill harness', () => {
  it(
    verifies(
      ['kill.nothing-lost', 'delegation.ends'],
      'finds the books balanced after kills of the server and of its Postgres',
    ),
    async () => {
      const report = await runCrash(KILLS, 'none');
      expect(report.acknowledged).toBeGreaterThan(1_000);
      expect(report).toMatchObject({ isGreen: true, unaskedExits: 0, givenUp: 0, surprises: {} });
    },
    LIMIT_MS,
  );

  it('notices what a Postgres loses that acknowledges before it writes', async () => {
    const report = await runCrash(TEETH_KILLS, 'async-commit');
    expect(report.isGreen).toBe(false);
    expect(Object.values(report.lost).reduce((sum, count) => sum + count, 0)).toBeGreaterThan(0);
  });

  it('notices rows that somebody deleted', async () => {
    expect((await runCrash(0, 'delete-rows')).lost.activity).toBe(10);
  });

  it('waits for no answer that never comes, and says which one it was', async () => {
    const deaf = await startAgent(hangs);
    const load = new CrashLoad(deaf.url, 200);
    try {
      await expect(load.prepare('http://localhost:1')).rejects.toThrow('/workspaces: null');
      expect(await load.probe()).toBe(false);
      expect([...load.surprises.keys()]).toEqual([
        'POST /workspaces did not end within 200 ms',
        'POST /workspaces//activity did not end within 200 ms',
      ]);
    } finally {
      await load.close();
      deaf.stop();
    }
  });
});
