// Deliveries on every Postgres that this machine has: W2 and W3 of the receiver over 24 hours, and what schedules are told.

import { createHmac, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { TIMEOUTS_MS } from '@molecule/domain';
import { Secret } from '@molecule/kit';
import { databaseFlavours, fakeClock, type TestDatabase, testDatabase } from '@molecule/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PgDeliveryStore } from './delivery-store.pg.ts';
import { GithubReceiver, type ScheduleTrigger } from './receive-github.ts';

const MIGRATIONS = join(import.meta.dirname, '../../../migrations');
const BODY = Buffer.from(JSON.stringify({ action: 'opened', repository: { full_name: 'acme/site' } }));

describe.each(databaseFlavours())('deliveries on %s Postgres', (flavour) => {
  const clock = fakeClock();
  const asked: unknown[] = [];
  let database: TestDatabase;
  let store: PgDeliveryStore;

  beforeAll(async () => {
    database = await testDatabase({ flavour, migrationsDir: MIGRATIONS });
    store = new PgDeliveryStore(database.db, clock);
  });
  afterAll(() => database?.stop());

  function receive(deliveryId: string, trigger: ScheduleTrigger['trigger']) {
    const receiver = new GithubReceiver({
      secret: Secret.of('s'),
      deliveries: store,
      relay: () => Promise.reject(new Error('nothing is sent')),
      schedules: { trigger },
      clock,
    });
    const signature = `sha256=${createHmac('sha256', 's').update(BODY).digest('hex')}`;
    return receiver.receive({ rawBody: BODY, signature, event: 'issues', deliveryId, workspaceId: null });
  }
  const two: ScheduleTrigger['trigger'] = async (match) => asked.push(match) && 2;

  it('tells the schedules of its repository by their names, once in 24 hours (W2)', async () => {
    const id = randomUUID();
    expect((await receive(id, two)).body).toEqual({
      status: 'triggered',
      event: 'issues',
      action: 'opened',
      schedules_affected: 2,
    });
    expect(asked).toEqual([{ repository: 'acme/site', names: ['pick-up-work'] }]);
    await clock.advance(TIMEOUTS_MS.webhookDelivery - 1);
    expect((await receive(id, two)).status).toBe(202);
    await clock.advance(1);
    expect((await receive(id, two)).status).toBe(200);
    expect(asked).toHaveLength(2);
  });

  it('takes a delivery again whose schedules could not be triggered (W3)', async () => {
    const id = randomUUID();
    const broken = () => Promise.reject(new Error('no luck'));
    await expect(receive(id, broken)).rejects.toMatchObject({
      code: 'INTERNAL',
      message: 'failed to trigger schedules',
    });
    expect((await receive(id, two)).status).toBe(200);
  });

  it('forgets deliveries that are older, a bounded number at a time', async () => {
    for (const id of ['a', 'b', 'c']) await store.remember('github', id);
    await clock.advance(1);
    await store.remember('github', 'young');
    expect(await store.prune(clock.now(), 2)).toBe(2);
    await store.prune(clock.now(), 100);
    expect(await store.isKnown('github', 'a', 0)).toBe(false);
    expect(await store.isKnown('github', 'young', 0)).toBe(true);
    expect(await store.isKnown('elsewhere', 'young', 0)).toBe(false);
  });
});
