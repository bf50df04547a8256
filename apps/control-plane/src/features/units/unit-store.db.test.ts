// Unit store: one organisation's units count against its limit once each, whatever happens at once.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { leapingClock, PlatformUnderTest } from '../provisioning/testing/platform-under-test.ts';
import { PgUnitStore } from './unit-store.pg.ts';

const clock = leapingClock();
let under: PlatformUnderTest;
let units: PgUnitStore;
let one: string;
let two: string;

beforeAll(async () => {
  under = await PlatformUnderTest.open(clock);
  units = new PgUnitStore(under.database.db, clock);
  for (const slug of ['one', 'two']) await under.accept(slug);
  const rows = await under.database.db.query<{ id: string }>(`select id from orgs order by slug`);
  [one, two] = rows.map(({ id }) => id) as [string, string];
});
afterAll(() => under?.stop());

const unit = (orgId: string, workspaceId: string = crypto.randomUUID()) => ({
  orgId,
  workspaceId,
  runtime: 'rehearsal',
  tier: 2,
});

describe('the units of an organisation', () => {
  it('are at most as many as it may have, also when all are asked for at once', async () => {
    const claims = await Promise.all(Array.from({ length: 12 }, () => units.claim(unit(one), 3)));
    expect(claims.filter((claim) => claim !== null)).toHaveLength(3);
    expect(await units.claim(unit(two), 1)).toMatchObject({ state: 'pending', instanceId: null });
  });

  it('count once however often one is asked for, and no more once they ended', async () => {
    const mine = unit(two);
    expect(await units.claim(mine, 1)).toBeNull();
    expect(await units.claim(mine, 2)).toMatchObject({ state: 'pending' });
    expect(await units.claim(mine, 2)).toMatchObject({ state: 'pending' });
    await units.setState(two, mine.workspaceId, 'running', 'i-1');
    expect(await units.claim(mine, 2)).toMatchObject({ state: 'running', instanceId: 'i-1' });
    await units.setState(two, mine.workspaceId, 'terminated', null);
    expect(await units.claim(unit(two), 2)).not.toBeNull();
  });

  it('are nobody else’s under the same workspace id, and known to operators for both', async () => {
    const mine = unit(two);
    await units.claim(mine, null);
    expect(await units.find(one, mine.workspaceId)).toBeNull();
    await units.claim(unit(one, mine.workspaceId), null);
    expect((await units.findAll(mine.workspaceId)).map(({ orgId }) => orgId).sort()).toEqual(
      [one, two].sort(),
    );
    await units.forget(two, mine.workspaceId);
    expect(await units.find(two, mine.workspaceId)).toBeNull();
    expect(await units.find(one, mine.workspaceId)).not.toBeNull();
  });
});
