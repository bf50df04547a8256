// Tests of rollouts: canary first, soak, batches; a bad image never gets past one canary, and goes back with its data.

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { leapingClock, PlatformUnderTest } from '../provisioning/testing/platform-under-test.ts';
import { driveRollout } from './drive-rollout.ts';
import { PgRolloutStore } from './rollout-store.pg.ts';
import type { Rollout } from './rollout-store.ts';

const clock = leapingClock();
const SOAK_MS = 60_000;
let under: PlatformUnderTest;
let rollouts: PgRolloutStore;
let badImages: Set<string>;

beforeAll(async () => {
  under = await PlatformUnderTest.open(clock);
  rollouts = new PgRolloutStore(under.database.db, clock);
  under.driver.images.add('good').add('bad');
  for (const slug of ['one', 'two', 'three', 'four', 'canary']) await under.accept(slug);
  await under.database.db.query(`update orgs set is_canary = true where slug = 'canary'`);
  await looks(() => allRun());
});
afterAll(() => under?.stop());
beforeEach(() => {
  badImages = new Set();
});

const isServing = (orgId: string) => {
  const tenant = under.driver.tenants.get(orgId);
  return tenant?.isUp === true && !badImages.has(tenant.image);
};

async function allRun(): Promise<boolean> {
  return (await rollouts.fleet(null)).filter((tenant) => tenant.isServing).length === 5;
}

/** Reconciler and driver look again and again, each a fresh one, as after a crash. */
async function looks(isDone: () => Promise<boolean>, limit = 400): Promise<void> {
  for (let i = 0; i < limit; i++) {
    const reconciler = under.reconciler();
    await reconciler.look(new AbortController().signal);
    await reconciler.round();
    await reconciler.idle();
    await driveRollout({
      rollouts,
      tenants: under.tenants,
      driver: under.driver,
      clock,
      log: under.log,
      isReady: async (orgId) => isServing(orgId),
      reconcileSoon: () => {},
    });
    if (await isDone()) return;
    clock.leap(6_000);
  }
  throw new Error('not done');
}

async function order(target: string, over: Partial<Rollout> = {}): Promise<Rollout> {
  const fleet = await rollouts.fleet(null);
  const made = await rollouts.create(
    { target, soakMs: SOAK_MS, batchSize: 2, maxStragglers: 1, ...over },
    fleet.map(({ orgId, slug, isCanary }) => ({ orgId, slug, isCanary, phase: 'pending' as const })),
    'test',
  );
  if (!made) throw new Error('another rollout is open');
  return made;
}

const isOver = (id: string) => async () =>
  ['done', 'failed'].includes((await rollouts.find(id))?.state ?? '');
const images = async () =>
  Object.fromEntries((await rollouts.fleet(null)).map(({ slug, image }) => [slug, image]));
const phases = async (id: string) =>
  Object.fromEntries((await rollouts.tenants(id)).map(({ slug, phase }) => [slug, phase]));

describe('a release', () => {
  it('that never serves stops at its one canary, which goes back with its data (F3, F4)', async () => {
    badImages.add('bad');
    const canary = (await rollouts.fleet(['canary']))[0]?.orgId ?? '';
    const data = under.driver.tenants.get(canary);
    if (data) data.data = 'before';
    const { id } = await order('bad');
    await looks(isOver(id));
    expect((await rollouts.find(id))?.error).toBe('the canary canary did not come to run bad');
    expect(await phases(id)).toEqual({
      canary: 'rolled_back',
      one: 'pending',
      two: 'pending',
      three: 'pending',
      four: 'pending',
    });
    await looks(async () => isServing(canary));
    expect(new Set(Object.values(await images()))).toEqual(new Set(['local']));
    expect(under.driver.tenants.get(canary)).toMatchObject({ image: 'local', data: 'before', isUp: true });
  });

  it('that serves reaches the canary, waits, and then the rest in batches (F1, F2)', async () => {
    const { id } = await order('good');
    await looks(async () => (await phases(id)).canary === 'done');
    expect(Object.values(await phases(id)).filter((phase) => phase !== 'pending')).toHaveLength(1);
    const soaked = clock.now();
    await looks(async () => Object.values(await phases(id)).some((phase) => phase === 'upgrading'));
    expect(clock.now() - soaked).toBeGreaterThanOrEqual(SOAK_MS - 6_000);
    expect(Object.values(await phases(id)).filter((phase) => phase === 'upgrading')).toHaveLength(2);
    await looks(isOver(id));
    expect((await rollouts.find(id))?.state).toBe('done');
    expect(new Set(Object.values(await images()))).toEqual(new Set(['good']));
  });

  it('is ordered once at a time, and can be paused and resumed', async () => {
    const { id } = await order('local');
    expect(
      await rollouts.create({ target: 'good', soakMs: 0, batchSize: 1, maxStragglers: 0 }, [], 'test'),
    ).toBeNull();
    expect(await rollouts.setState(id, ['running'], 'paused')).toBe(true);
    for (let i = 0; i < 3; i++) await looks(async () => true);
    expect(new Set(Object.values(await phases(id)))).toEqual(new Set(['pending']));
    expect(await rollouts.setState(id, ['paused'], 'running')).toBe(true);
    await looks(isOver(id));
    expect(new Set(Object.values(await images()))).toEqual(new Set(['local']));
  });

  it('that never serves reaches one of several canaries (F4)', async () => {
    await under.database.db.query(`update orgs set is_canary = true where slug in ('one', 'two')`);
    badImages.add('bad');
    const { id } = await order('bad', { maxStragglers: 5 });
    await looks(isOver(id));
    expect((await rollouts.find(id))?.state).toBe('failed');
    expect(Object.values(await phases(id)).sort()).toEqual([
      'pending',
      'pending',
      'pending',
      'pending',
      'rolled_back',
    ]);
    await looks(allRun);
    expect(new Set(Object.values(await images()))).toEqual(new Set(['local']));
  });

  it('that stops serving during the soak goes back from its one canary (F5)', async () => {
    await under.database.db.query(`update orgs set is_canary = (slug = 'canary')`);
    const canary = (await rollouts.fleet(['canary']))[0]?.orgId ?? '';
    const data = under.driver.tenants.get(canary);
    if (data) data.data = 'before';
    const { id } = await order('bad');
    await looks(async () => (await phases(id)).canary === 'done');
    if (data) data.data = 'written by the bad one';
    badImages.add('bad');
    await looks(isOver(id));
    expect(await rollouts.find(id)).toMatchObject({ state: 'failed' });
    expect(await phases(id)).toMatchObject({ canary: 'rolled_back', one: 'pending', four: 'pending' });
    expect((await rollouts.tenants(id))[0]?.error).toBe('it served, and stopped serving');
    await looks(allRun);
    expect(under.driver.tenants.get(canary)).toMatchObject({ image: 'local', data: 'before', isUp: true });
  });

  it('stays on a canary that was silent for a moment during the soak (F5)', async () => {
    const { id } = await order('good');
    await looks(async () => (await phases(id)).canary === 'done');
    badImages.add('good');
    await looks(async () => true);
    badImages.clear();
    await looks(isOver(id));
    expect((await rollouts.find(id))?.state).toBe('done');
    const { id: back } = await order('local');
    await looks(isOver(back));
  });

  it('without a canary stops when more stay behind than may (F4)', async () => {
    await under.database.db.query(`update orgs set is_canary = false`);
    badImages.add('bad');
    const { id } = await order('bad', { maxStragglers: 1 });
    await looks(isOver(id));
    const counted = Object.values(await phases(id));
    expect((await rollouts.find(id))?.state).toBe('failed');
    expect(counted.filter((phase) => phase === 'rolled_back')).toHaveLength(2);
    expect(counted.filter((phase) => phase === 'pending')).toHaveLength(3);
    await looks(allRun);
  });
});
