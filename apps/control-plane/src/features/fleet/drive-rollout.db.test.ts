// Tests of rollouts: canary first, soak, batches; a bad image never gets past one canary, and goes back with its data.

import { faults } from '@molecule/domain';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Crashed, CrashPoint } from '../provisioning/testing/crashing.ts';
import { leapingClock, PlatformUnderTest } from '../provisioning/testing/platform-under-test.ts';
import { driveRollout } from './drive-rollout.ts';
import { proveRelease } from './prove-release.ts';
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
  answer = (orgId, path) => under.driver.answer(orgId, path);
});

type Answer = (orgId: string, path: string) => { status: number; body: unknown };
let answer: Answer;
const proof = () => ({
  tenants: under.tenants,
  driver: under.driver,
  box: under.box,
  clock,
  call: async ({ orgId }: { orgId: string }, _method: string, path: string) =>
    badImages.has(under.driver.tenants.get(orgId)?.image ?? '')
      ? { status: 500, body: null }
      : answer(orgId, path),
});

const isServing = (orgId: string) => {
  const tenant = under.driver.tenants.get(orgId);
  return tenant?.isUp === true && !badImages.has(tenant.image);
};

async function allRun(): Promise<boolean> {
  return (await rollouts.fleet(null)).filter((tenant) => tenant.isServing).length === 5;
}

/** Reconciler and driver look again and again, each a fresh one, as after a crash. */
async function looks(isDone: () => Promise<boolean>, limit = 400, crash?: CrashPoint): Promise<void> {
  const doomed = <T extends object>(target: T): T => crash?.wrap(target) ?? target;
  for (let i = 0; i < limit; i++) {
    const reconciler = under.reconciler();
    await reconciler.look(new AbortController().signal);
    await reconciler.round();
    await reconciler.idle();
    const look = driveRollout({
      rollouts: doomed(rollouts),
      tenants: doomed(under.tenants),
      driver: doomed(under.driver),
      clock,
      log: under.log,
      prove: (orgId, target) => proveRelease(proof(), orgId, target),
      reconcileSoon: () => {},
    });
    await look.catch((error: unknown) => {
      if (!(error instanceof Crashed)) throw error;
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
    expect((await rollouts.tenants(id))[0]?.error).toBe(
      'it served, and stopped serving: /health/ready answered 500',
    );
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

/** A release that is bad in one way, for as long as the function that it gives back was not called. */
type Bad = (isBad: (orgId: string) => boolean) => void;
const KINDS: Readonly<Record<string, Bad>> = {
  'does not start': (isBad) =>
    under.driver.failWith((verb, orgId) => {
      if (verb === 'inspect' && isBad(orgId)) endOf(orgId);
    }),
  'ends after a minute': (isBad) =>
    under.driver.failWith((verb, orgId) => {
      const tenant = under.driver.tenants.get(orgId);
      if (verb === 'inspect' && tenant && isBad(orgId) && clock.now() - tenant.startedAt > 60_000)
        endOf(orgId);
    }),
  'answers 500 on its health': (isBad) => {
    answerInstead(isBad, (orgId, path) =>
      path === '/health' ? { status: 500, body: null } : under.driver.answer(orgId, path),
    );
  },
  'answers for another tenant': (isBad) => {
    answerInstead(isBad, (orgId, path) =>
      path === '/admin/liveness'
        ? { status: 200, body: { subsystems: {}, org_id: 'another' } }
        : under.driver.answer(orgId, path),
    );
  },
  'is another build than it is called': (isBad) => {
    answerInstead(isBad, (orgId, path) =>
      path === '/buildinfo' ? { status: 200, body: { build: 'of local' } } : under.driver.answer(orgId, path),
    );
  },
  'does not get through its migration': (isBad) => {
    answerInstead(isBad, () => ({ status: 503, body: null }));
  },
  'never answers': (isBad) => {
    answerInstead(isBad, () => {
      throw faults.backendTransient('the tenant does not answer');
    });
  },
  'answers too late': (isBad) => {
    answerInstead(isBad, (orgId, path) => {
      clock.leap(5_000);
      return under.driver.answer(orgId, path);
    });
  },
};

function endOf(orgId: string): void {
  const tenant = under.driver.tenants.get(orgId);
  if (tenant) tenant.isUp = false;
}

function answerInstead(isBad: (orgId: string) => boolean, bad: Answer): void {
  answer = (orgId, path) => (isBad(orgId) ? bad(orgId, path) : under.driver.answer(orgId, path));
}

describe('a release that', () => {
  afterEach(() => under.driver.failWith(() => {}));

  it.each(Object.keys(KINDS))(
    '%s reaches one canary, which goes back with its data (F4)',
    async (kind) => {
      await under.database.db.query(`update orgs set is_canary = (slug = 'canary')`);
      await looks(allRun);
      const canary = (await rollouts.fleet(['canary']))[0]?.orgId ?? '';
      const touched = new Set<string>();
      KINDS[kind]?.((orgId) => {
        const isBad = under.driver.tenants.get(orgId)?.image === 'bad';
        if (isBad) touched.add(orgId);
        return isBad;
      });
      const before = under.driver.tenants.get(canary);
      if (before) before.data = `before ${kind}`;
      const { id } = await order('bad', { maxStragglers: 5, soakMs: 90_000 });
      await looks(isOver(id));
      expect((await rollouts.find(id))?.state).toBe('failed');
      expect(Object.values(await phases(id)).sort()).toEqual([
        'pending',
        'pending',
        'pending',
        'pending',
        'rolled_back',
      ]);
      expect((await rollouts.tenants(id))[0]?.error).not.toBeNull();
      await looks(async () => (await allRun()) && isServing(canary));
      expect([...touched]).toEqual([canary]);
      expect(under.driver.tenants.get(canary)).toMatchObject({ image: 'local', data: `before ${kind}` });
      expect(new Set(Object.values(await images()))).toEqual(new Set(['local']));
    },
    60_000,
  );
});

describe('a controller that dies', () => {
  it.each(['good', 'bad'] as const)(
    'at any call leaves a rollout of a %s release that the next one brings to its end (F1)',
    async (target) => {
      await under.database.db.query(`update orgs set is_canary = (slug = 'canary')`);
      const named = ['canary', 'one', 'two'];
      let from = 'local';
      for (let at = 1; ; at++) {
        await looks(allRun);
        const to = target === 'good' && from === 'good' ? 'local' : target;
        if (target === 'bad') badImages.add('bad');
        const fleet = await rollouts.fleet(named);
        const made = await rollouts.create(
          { target: to, soakMs: 5_000, batchSize: 2, maxStragglers: 0 },
          fleet.map(({ orgId, slug, isCanary }) => ({ orgId, slug, isCanary, phase: 'pending' as const })),
          'test',
        );
        if (!made) throw new Error('another rollout is open');
        const point = new CrashPoint(at, at % 2 === 0 ? 'before' : 'after');
        const isCrashedOrOver = async () => point.isDead || (await isOver(made.id)());
        await looks(isCrashedOrOver, 400, point);
        await looks(isOver(made.id));
        const found = await phases(made.id);
        if (target === 'good') {
          expect((await rollouts.find(made.id))?.state).toBe('done');
          expect(new Set(Object.values(found))).toEqual(new Set(['done']));
          from = to;
        } else {
          expect((await rollouts.find(made.id))?.state).toBe('failed');
          expect(found).toEqual({ canary: 'rolled_back', one: 'pending', two: 'pending' });
          badImages.clear();
        }
        if (!point.isDead) break;
        expect(at).toBeLessThan(300);
      }
    },
    240_000,
  );
});
