// Answer watch: W1 to W4 on a server whose processes are frozen.
import { join } from 'node:path';
import { databaseFlavours } from '@molecule/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Db } from './db.ts';
import { DatabaseUnavailable } from './errors.ts';
import { processesWorkingIn } from './process-identity.ts';
import { ServersUnderTest } from './testing/server-under-test.ts';

async function slowestRefusalMs(asks: (() => Promise<unknown>)[]): Promise<number> {
  const took = await Promise.all(
    asks.map(async (ask) => {
      const startedAt = performance.now();
      await expect(ask()).rejects.toBeInstanceOf(DatabaseUnavailable);
      return performance.now() - startedAt;
    }),
  );
  return Math.max(...took);
}

describe.runIf(process.platform === 'linux').each(databaseFlavours())(
  'a database that freezes (%s)',
  (flavour) => {
    const servers = new ServersUnderTest(flavour);
    const told: string[] = [];
    let dataDir: string;
    let db: Db;
    let frozen: number[] = [];

    const thaw = () => {
      for (const pid of frozen.splice(0)) process.kill(pid, 'SIGCONT');
    };

    beforeAll(async () => {
      dataDir = await servers.folder();
      db = servers.connect(await servers.start(dataDir));
      db.listen({ onSilent: () => told.push('silent'), onReturn: () => told.push('back') });
    });
    afterAll(async () => {
      thaw();
      await servers.close();
    });

    it('keeps nobody waiting beyond 2 s, refuses who comes at once, and serves as soon as it is back (W1, W2, W4)', async () => {
      const ping = () => db.ping();
      await Promise.all([ping(), ping(), ping()]);
      frozen = (await processesWorkingIn(join(dataDir, 'postgres'))) ?? [];
      expect(frozen.length).toBeGreaterThan(3);
      for (const pid of frozen) process.kill(pid, 'SIGSTOP');

      const inTransaction = () => db.tx((tx) => tx.query('select 1'));
      expect(await slowestRefusalMs([inTransaction, ...Array.from({ length: 8 }, () => ping)])).toBeLessThan(
        2_000,
      );
      await expect.poll(() => told).toEqual(['silent']);
      expect(await slowestRefusalMs([ping])).toBeLessThan(200);

      thaw();
      await expect.poll(() => told, { timeout: 5_000 }).toEqual(['silent', 'back']);
      await Promise.all(Array.from({ length: 8 }, ping));
    });

    it('leaves a slow query alone (W3)', async () => {
      await db.query('select pg_sleep(3)');
      expect(told).toEqual(['silent', 'back']);
    });
  },
);
