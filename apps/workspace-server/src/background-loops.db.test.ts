// Proves at which distances the server does by itself what the contract promises, and that old activity goes in time.

import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Loop, Supervisor } from '@molecule/kit';
import {
  databaseFlavours,
  type FakeClock,
  fakeClock,
  type TestDatabase,
  testDatabase,
} from '@molecule/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addBackgroundLoops, type LoopParts } from './background-loops.ts';
import { loadConfig } from './config.ts';
import { PgActivityLog } from './features/activity/activity-log.pg.ts';
import { PgInboxStore } from './features/relay/inbox-store.pg.ts';
import { PgMessageKeyStore } from './features/relay/message-keys.pg.ts';
import { PgRequestKeyStore } from './features/request-keys/request-key-store.pg.ts';
import { PgDeliveryStore } from './features/webhooks/delivery-store.pg.ts';

const MIGRATIONS = join(import.meta.dirname, '../migrations');
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

describe.each(databaseFlavours())('on %s Postgres', (flavour) => {
  let database: TestDatabase;
  let clock: FakeClock;
  let activityLog: PgActivityLog;
  const loops = new Map<string, Loop>();

  beforeAll(async () => {
    database = await testDatabase({ flavour, migrationsDir: MIGRATIONS });
    clock = fakeClock();
    const { db } = database;
    activityLog = new PgActivityLog(db, clock);
    const parts = {
      clock,
      activityRetentionMs: loadConfig({}).activityRetentionMs,
      activityLog,
      keyStore: new PgMessageKeyStore(db),
      requestKeys: new PgRequestKeyStore(db, clock),
      inboxStore: new PgInboxStore(db, clock),
      deliveries: new PgDeliveryStore(db, clock),
    };
    const list = { add: (loop: Loop) => void loops.set(loop.name, loop) };
    addBackgroundLoops(list as Supervisor, parts as unknown as LoopParts);
  });
  afterAll(() => database?.stop());

  it.each([
    ['[core.4.5-health-sweep] looks at processes', 'health-sweep', 15_000],
    ['[core.4.5-provision] looks for starts that last too long', 'provision-timeout-sweep', 30_000],
    ['[core.4.5-orphans] looks for units of nobody', 'orphan-sweeper', 60_000],
    ['[core.4.5-retention] looks for old activity', 'retention', 6 * HOUR_MS],
  ])('%s every so often', (_what, name, intervalMs) => {
    expect(loops.get(name)?.intervalMs).toBe(intervalMs);
  });

  it('[core.4.5-retention] keeps activity for seven days, and not for longer', async () => {
    const workspaceId = randomUUID();
    const countRows = async () =>
      (
        await database.db.query<{ id: string }>('select id from activity where workspace_id = $1', [
          workspaceId,
        ])
      ).length;
    await activityLog.write({
      workspaceId,
      type: 'agent_log',
      sourceId: null,
      targetId: null,
      method: null,
      summary: 'old',
      requestBody: null,
      responseBody: null,
      toolTrace: null,
      durationMs: null,
      status: 'ok',
      errorDetail: null,
      chainId: null,
      messageKey: null,
    });
    await clock.advance(7 * DAY_MS - 1);
    await loops.get('retention')?.run(new AbortController().signal);
    expect(await countRows()).toBe(1);
    await clock.advance(2);
    await loops.get('retention')?.run(new AbortController().signal);
    expect(await countRows()).toBe(0);
  });
});
