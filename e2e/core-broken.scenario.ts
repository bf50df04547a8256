// Core under faults of its own: a handler or a loop that breaks tells nothing, stops nothing else, and comes back by itself.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestDatabase, testDatabase } from '@molecule/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifies } from './requirements.ts';
import { bearer, bodyOf, type Send, sendAs } from './support/exchange.ts';
import { type ScenarioTenant, startScenarioTenant, until } from './support/tenant.ts';

let database: TestDatabase;
let tenant: ScenarioTenant;
let asAdmin: Send;

beforeAll(async () => {
  database = await testDatabase();
  tenant = await startScenarioTenant({ DATABASE_URL: database.url, MEMORY_PLUGIN_DISABLE: 'true' });
  asAdmin = sendAs(tenant, bearer(tenant.adminToken));
});

afterAll(async () => {
  await tenant?.stop();
  await database?.stop();
});

/** Nothing that the server was written for: a table that is gone breaks whatever asks for it. */
const takeAway = () => database.db.query('alter table approvals rename to approvals_away');
const giveBack = () => database.db.query('alter table approvals_away rename to approvals');

interface Line {
  time: string;
  msg: string;
  loop?: string;
}

async function linesOfLog(msg: string): Promise<Line[]> {
  const text = await readFile(join(tenant.dataDir, 'server.log'), 'utf8');
  const whole = text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter(Boolean);
  return whole.map((line) => JSON.parse(line) as Line).filter((line) => line.msg === msg);
}

const failures = async () =>
  (await linesOfLog('a background loop failed'))
    .filter(({ loop }) => loop === 'approvals')
    .map(({ time }) => Date.parse(time));

interface Tick {
  last_tick_at: string;
}

const tickOf = async (loop: string) => {
  const body = bodyOf<{ subsystems: Record<string, Tick> }>(await asAdmin('GET', '/admin/liveness'));
  return Date.parse(body.subsystems[loop]?.last_tick_at ?? '');
};

describe('a table that is taken away and given back', () => {
  it(verifies('core.1.1-recovery', 'makes its routes answer 500 without details, and no other'), async () => {
    expect((await asAdmin('GET', '/approvals/pending')).status).toBe(200);
    await takeAway();
    try {
      for (let at = 0; at < 3; at++) {
        const broken = await asAdmin('GET', '/approvals/pending');
        expect([broken.status, bodyOf(broken)]).toEqual([500, { error: 'internal error', code: 'internal' }]);
        expect(broken.headers.get('x-frame-options')).toBe('DENY');
        expect((await asAdmin('GET', '/workspaces')).status).toBe(200);
      }
      await until(
        'the bugs are in the log',
        async () => (await linesOfLog('request failed by a bug')).length === 3,
      );
    } finally {
      await giveBack();
    }
    expect((await asAdmin('GET', '/approvals/pending')).status).toBe(200);
  });

  it(
    verifies(
      'core.1.6-loop-restarts',
      'makes its loop fail, be started again at doubling distances, and recover',
    ),
    async () => {
      await until('the loop runs', async () => Date.now() - (await tickOf('approvals')) < 10_000);
      await takeAway();
      const before = (await failures()).length;
      try {
        await until('five failures', async () => (await failures()).length >= before + 5, 60_000);
        const stoppedAt = await tickOf('approvals');
        const times = (await failures()).slice(before);
        const gaps = times.slice(1).map((at, index) => at - (times[index] ?? 0));
        // Each distance is between the half and the whole of its step, so that loops do not come back all at once.
        [1_000, 2_000, 4_000, 8_000].forEach((step, index) => {
          expect(gaps[index]).toBeGreaterThanOrEqual(step / 2 - 50);
          expect(gaps[index]).toBeLessThanOrEqual(step + 2_000);
        });
        expect(Date.now() - stoppedAt).toBeGreaterThan(7_000);
        expect(Date.now() - (await tickOf('broadcaster'))).toBeLessThan(5_000);
      } finally {
        await giveBack();
      }
      const backAt = Date.now();
      await until('it ticks again', async () => (await tickOf('approvals')) >= backAt, 40_000);
    },
  );
});
