// Tests of the reconciler: it converges from every crash, gives up with a sentence, and heals what ended.

import { randomUUID } from 'node:crypto';
import { faults } from '@molecule/domain';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { PgTenantStore } from '../tenants/tenant-store.pg.ts';
import { BOOT_STEPS } from './boot-steps.ts';
import { CrashPoint } from './testing/crashing.ts';
import { leapingClock, PlatformUnderTest } from './testing/platform-under-test.ts';

const clock = leapingClock();
let under: PlatformUnderTest;
beforeAll(async () => {
  under = await PlatformUnderTest.open(clock);
});
afterAll(() => under?.stop());
beforeEach(() => {
  under.health = () => 200;
  under.driver.failWith(() => {});
});

/** What one test made is no work for the next. */
const park = () =>
  under.database.db.query(
    `update tenant_instances set next_try_at = 'epoch'::timestamptz + interval '200 years'`,
  );
afterEach(async () => {
  await park();
});

/** Rounds of fresh reconcilers until the tenant is as it should be; each round is a look. */
async function converge(done: () => Promise<boolean>, rounds = 12): Promise<void> {
  const reconciler = under.reconciler();
  for (let i = 0; i < rounds; i++) {
    await reconciler.look(new AbortController().signal);
    await reconciler.round();
    await reconciler.idle();
    if (await done()) return;
    clock.leap(31_000);
  }
  throw new Error(`not within ${rounds} rounds`);
}

const statusOf = async (id: string) => (await under.orgs.find(id))?.status ?? 'gone';
const isRunning = (id: string) => async () => (await statusOf(id)) === 'running';

describe('an accepted organisation', () => {
  it('gets its tenant, by named steps that each have their time', async () => {
    const org = await under.accept('plain');
    await converge(isRunning(org.id));
    const steps = await under.tenants.steps(org.id, 1);
    const states = Object.fromEntries(steps.map(({ name, state }) => [name, state]));
    expect(states).toEqual(Object.fromEntries(BOOT_STEPS.map(({ name }) => [name, 'ok'])));
    expect((await under.tenants.find(org.id))?.status).toBe('running');
    expect(await under.lifecycle.liveClaims(org.id)).toEqual([
      { kind: 'instance', externalId: `fake:${org.id}` },
    ]);
  });

  it('has its row, its claim and its credentials before anything is started (B2)', async () => {
    const org = await under.accept('order');
    let seen: unknown;
    under.driver.failWith((verb, orgId) => {
      if (verb !== 'ensureRunning' || orgId !== org.id || seen !== undefined) return;
      seen = Promise.all([under.tenants.find(orgId), under.lifecycle.liveClaims(orgId)]);
    });
    await converge(isRunning(org.id));
    const [tenant, claims] = (await seen) as [{ adminTokenSealed: Buffer | null }, unknown[]];
    expect(tenant.adminTokenSealed).toBeInstanceOf(Buffer);
    expect(claims).toHaveLength(1);
  });

  it.each(['before', 'after'] as const)(
    'comes to run whatever call the control plane dies %s, with one tenant and one claim (C1)',
    async (moment) => {
      for (let at = 1; ; at++) {
        const org = await under.accept(`crash-${moment}-${at}`);
        const point = new CrashPoint(at, moment);
        const doomed = under.reconciler((target) => point.wrap(target));
        // What the dead process would have done at last never happens.
        await doomed.round().catch(() => {});
        await doomed.idle();
        await converge(isRunning(org.id));
        expect(under.driver.tenants.get(org.id)?.isUp).toBe(true);
        expect(await under.lifecycle.liveClaims(org.id)).toHaveLength(1);
        if (!point.isDead) return;
        await park();
        expect(at).toBeLessThan(200);
      }
    },
    120_000,
  );

  it('fails with a sentence when a step fails for good, and comes to run when it is tried again (C4)', async () => {
    const org = await under.accept('no-room');
    under.driver.failWith((verb) => {
      if (verb === 'checkRoom') throw faults.notImplemented('a second tenant');
    });
    await converge(async () => (await statusOf(org.id)) === 'failed');
    const tenant = await under.tenants.find(org.id);
    expect([tenant?.stage, tenant?.lastError]).toEqual([
      'check_capacity',
      'a second tenant is not implemented yet',
    ]);
    under.driver.failWith(() => {});
    expect(await under.tenants.retry(org.id)).toBe(true);
    expect(await under.tenants.retry(org.id)).toBe(false);
    await converge(isRunning(org.id));
    expect((await under.tenants.find(org.id))?.attempt).toBe(2);
  });

  it('fails when its tenant never answers, after the limit of that step (C4)', async () => {
    const org = await under.accept('silent');
    under.health = (orgId) => (orgId === org.id ? 503 : 200);
    const before = clock.now();
    await converge(async () => (await statusOf(org.id)) === 'failed');
    expect(clock.now() - before).toBeGreaterThan(240_000);
    const tenant = await under.tenants.find(org.id);
    expect(tenant?.lastError).toBe('the step wait_platform_health was not done in time');
    // What was claimed is found by a retry or a purge.
    expect(await under.lifecycle.liveClaims(org.id)).toHaveLength(1);
  });

  it('is repeated where a failure passes, and waits for nobody else (C3)', async () => {
    const [slow, quick] = [await under.accept('slow'), await under.accept('quick')];
    let failures = 5;
    under.driver.failWith((verb, orgId) => {
      if (orgId === slow.id && verb === 'ensureRunning' && failures-- > 0)
        throw faults.backendTransient('busy');
    });
    await converge(
      async () => (await statusOf(slow.id)) === 'running' && (await statusOf(quick.id)) === 'running',
    );
    expect(failures).toBeLessThan(0);
  });
});

describe('a tenant that runs', () => {
  it('is started again when it ended, and left alone when nobody knows (C5)', async () => {
    const org = await under.accept('ended');
    await converge(isRunning(org.id));
    const tenant = under.driver.tenants.get(org.id);
    if (!tenant) throw new Error('there is no tenant');
    tenant.isUp = false;
    let asked = 0;
    const inspect = under.driver.inspect.bind(under.driver);
    under.driver.inspect = async (id) =>
      id === org.id && ++asked === 1 ? { state: 'unknown' } : inspect(id);
    await converge(async () => asked === 1, 3);
    expect(under.driver.tenants.get(org.id)?.isUp).toBe(false);
    await converge(async () => under.driver.tenants.get(org.id)?.isUp === true);
    under.driver.inspect = inspect;
  });

  it('costs a look and no write while it is right (C6)', async () => {
    const org = await under.accept('quiet');
    await converge(isRunning(org.id));
    const version = async () =>
      (
        await under.database.db.query<{ xmin: string }>(
          'select xmin::text from tenant_instances where org_id = $1',
          [org.id],
        )
      )[0]?.xmin;
    const before = await version();
    const looked: string[] = [];
    under.driver.failWith((verb, id) => {
      if (verb === 'inspect') looked.push(id);
    });
    const reconciler = under.reconciler();
    for (let i = 0; i < 3; i++) {
      await reconciler.look(new AbortController().signal);
      await reconciler.round();
      await reconciler.idle();
    }
    expect(looked.filter((id) => id === org.id)).toHaveLength(3);
    expect(await version()).toBe(before);
  });

  it('is looked at behind others of which the driver cannot tell (C3, C5)', async () => {
    const [dark, ended] = [await under.accept('dark'), await under.accept('ended-behind')];
    await converge(async () => (await isRunning(dark.id)()) && (await isRunning(ended.id)()));
    const tenant = under.driver.tenants.get(ended.id);
    if (!tenant) throw new Error('there is no tenant');
    tenant.isUp = false;
    under.driver.failWith((verb, id) => {
      if (verb === 'inspect' && id === dark.id) throw new Error('the engine does not answer');
    });
    await converge(async () => under.driver.tenants.get(ended.id)?.isUp === true);
  });

  it('is stopped and started as it is wanted', async () => {
    const org = await under.accept('steered');
    await converge(isRunning(org.id));
    await under.tenants.want(org.id, 'stopped');
    await converge(async () => (await under.tenants.find(org.id))?.status === 'stopped');
    expect(under.driver.tenants.get(org.id)?.isUp).toBe(false);
    await under.tenants.want(org.id, 'up');
    await converge(async () => (await under.tenants.find(org.id))?.status === 'running');
    expect(under.driver.tenants.get(org.id)?.isUp).toBe(true);
  });
});

describe('two control planes', () => {
  it('never work on one organisation at once (C2)', async () => {
    const org = await under.accept('held');
    let entered = 0;
    let most = 0;
    let inside = 0;
    const work = async () => {
      entered++;
      most = Math.max(most, ++inside);
      await under.database.db.query('select pg_sleep(0.05)');
      inside--;
    };
    const held = await Promise.all([1, 2, 3].map(() => under.tenants.hold(org.id, work)));
    expect(held.filter(Boolean)).toHaveLength(entered);
    expect(most).toBe(1);
    expect(await under.tenants.hold(org.id, work)).toBe(true);
  });

  it('take turns over stores of their own, each over one connection for all that it holds (C2)', async () => {
    const other = new PgTenantStore(under.database.db, clock);
    const ids = Array.from({ length: 30 }, () => randomUUID());
    const connections = async () =>
      (
        await under.database.db.query<{ pid: number }>(
          `select distinct pid from pg_locks where locktype = 'advisory'
             and database = (select oid from pg_database where datname = current_database())`,
        )
      ).length;
    let release = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    let begun = 0;
    const held = ids.map((id) =>
      under.tenants.hold(id, async () => {
        begun++;
        await gate;
      }),
    );
    await vi.waitFor(() => expect(begun).toBe(ids.length), { timeout: 10_000 });
    expect(await connections()).toBe(1);
    expect(await other.hold(ids[0] ?? '', async () => {})).toBe(false);
    expect(await other.hold(randomUUID(), async () => {})).toBe(true);
    release();
    expect(await Promise.all(held)).toEqual(ids.map(() => true));
    await vi.waitFor(async () => expect(await connections()).toBe(0), { timeout: 10_000 });
    expect(await other.hold(ids[0] ?? '', async () => {})).toBe(true);
  });

  it('work on what a killed one held as soon as its connection ended (C2)', async () => {
    const id = randomUUID();
    let begun = false;
    const doomed = under.tenants
      .hold(id, async () => {
        begun = true;
        await under.database.db.query(
          `select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory'
             and database = (select oid from pg_database where datname = current_database())`,
        );
      })
      .catch((error: unknown) => error);
    expect(await doomed).toBeInstanceOf(Error);
    expect(begun).toBe(true);
    const other = new PgTenantStore(under.database.db, clock);
    expect(await other.hold(id, async () => {})).toBe(true);
    expect(await under.tenants.hold(id, async () => {})).toBe(true);
  });
});

describe('what is started at once', () => {
  it('is bounded, and the next is taken up when one has ended (C7)', async () => {
    const made: { id: string }[] = [];
    for (let i = 0; i < 40; i++) made.push(await under.accept(`many-${i}`));
    const limit = under.driver.capabilities.startsAtOnce;
    let begun = 0;
    let release = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const ensureRunning = under.driver.ensureRunning.bind(under.driver);
    under.driver.ensureRunning = async (spec) => {
      begun++;
      await gate;
      return ensureRunning(spec);
    };
    let again = 0;
    const reconciler = under.reconciler(
      (target) => target,
      () => {
        again++;
        void reconciler.round();
      },
    );
    await reconciler.round();
    await reconciler.round();
    await vi.waitFor(() => expect(begun).toBe(limit), { timeout: 10_000 });
    release();
    // No timer asks: each that ends takes up the next.
    await vi.waitFor(
      async () => {
        for (const { id } of made) expect(await statusOf(id)).toBe('running');
      },
      { timeout: 20_000 },
    );
    expect(again).toBeGreaterThan(0);
    under.driver.ensureRunning = ensureRunning;
    await reconciler.idle();
  }, 30_000);
});

describe('a deletion', () => {
  it.each(['before', 'after'] as const)(
    'comes to its end whatever call the control plane dies %s, and leaves nothing',
    async (moment) => {
      for (let at = 1; ; at++) {
        const org = await under.accept(`purge-${moment}-${at}`);
        await converge(isRunning(org.id));
        const purge = await under.lifecycle.beginPurge(org, 'test');
        const point = new CrashPoint(at, moment);
        const doomed = under.reconciler((target) => point.wrap(target));
        await doomed.round().catch(() => {});
        await doomed.idle();
        const { purgeOrg } = await import('../lifecycle/index.ts');
        const open = await under.lifecycle.openPurge(org.id);
        if (open) {
          const deps = {
            lifecycle: under.lifecycle,
            tenants: under.tenants,
            driver: under.driver,
            billing: { end: async () => {} },
          };
          await purgeOrg(deps, open);
        }
        expect(await statusOf(org.id)).toBe('gone');
        expect(await under.driver.inspect(org.id)).toEqual({ state: 'absent' });
        expect(await under.lifecycle.resources(org.id)).toEqual([]);
        const [row] = await under.database.db.query<{ status: string }>(
          'select status from org_purges where id = $1',
          [purge.id],
        );
        expect(row?.status).toBe('done');
        if (!point.isDead) return;
        await park();
        expect(at).toBeLessThan(200);
      }
    },
    180_000,
  );
});
