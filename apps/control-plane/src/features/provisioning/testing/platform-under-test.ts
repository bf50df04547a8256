// Platform under test: stores on a real database, the fake driver, and a reconciler that tests can kill and replace.

import { join } from 'node:path';
import { type Clock, createLog, Secret } from '@molecule/kit';
import { type TestDatabase, testDatabase } from '@molecule/testkit';
import type { TenantSpec } from '../../../placement/driver.ts';
import { FakeDriver } from '../../../placement/fake/fake-driver.ts';
import { type PurgeDeps, purgeOrg } from '../../lifecycle/index.ts';
import { PgLifecycleStore } from '../../lifecycle/lifecycle-store.pg.ts';
import type { Org } from '../../orgs/index.ts';
import { PgOrgStore } from '../../orgs/org-store.pg.ts';
import { CredentialBox, Seal, type TenantRow } from '../../tenants/index.ts';
import { PgTenantStore } from '../../tenants/tenant-store.pg.ts';
import { Reconciler } from '../reconciler.ts';

const MIGRATIONS = join(import.meta.dirname, '../../../../migrations');

export class PlatformUnderTest {
  readonly database: TestDatabase;
  readonly driver: FakeDriver;
  readonly log = createLog({ level: 'silent' });
  readonly orgs: PgOrgStore;
  readonly tenants: PgTenantStore;
  readonly lifecycle: PgLifecycleStore;
  readonly box: CredentialBox;
  readonly clock: Clock;
  /** What a tenant answers to its health question. */
  health: (orgId: string) => number = () => 200;

  static async open(clock: Clock): Promise<PlatformUnderTest> {
    return new PlatformUnderTest(await testDatabase({ migrationsDir: MIGRATIONS }), clock);
  }

  private constructor(database: TestDatabase, clock: Clock) {
    this.database = database;
    this.clock = clock;
    this.driver = new FakeDriver(() => clock.now());
    this.orgs = new PgOrgStore(database.db, clock);
    this.tenants = new PgTenantStore(database.db, clock);
    this.lifecycle = new PgLifecycleStore(database.db, clock, (id) => this.orgs.find(id));
    this.box = new CredentialBox(new Seal('a'.repeat(64)), Secret.of('edge-key-for-tests'));
  }

  async accept(slug: string): Promise<Org> {
    const org = await this.orgs.create({
      slug,
      name: slug,
      plan: 'free',
      region: null,
      ownerUserId: null,
      partnerId: null,
      createdBy: 'test',
      status: 'provisioning',
      driver: 'fake',
    });
    if (!org) throw new Error(`${slug} is taken`);
    return org;
  }

  /** `wrap` puts each of its outsides under a crash point. */
  reconciler(
    wrap: <T extends object>(target: T) => T = (target) => target,
    again: () => void = () => {},
  ): Reconciler {
    const tenants = wrap(this.tenants);
    const driver = wrap(this.driver);
    const purge: PurgeDeps = {
      tenants,
      driver,
      lifecycle: wrap(this.lifecycle),
      billing: { end: async () => {} },
    };
    return new Reconciler({
      tenants,
      driver,
      box: this.box,
      clock: this.clock,
      log: this.log,
      probePublicName: null,
      tell: () => {},
      again,
      call: async ({ orgId }) => ({ status: this.health(orgId), body: null }),
      specOf: specOpenedBy(this.box),
      purge: async ({ orgId }) => {
        const open = await purge.lifecycle.openPurge(orgId);
        if (open) await purgeOrg(purge, open);
      },
    });
  }

  stop(): Promise<void> {
    return this.database.stop();
  }
}

/** What a tenant is started with, when nobody asks for it. */
export function specOpenedBy(box: CredentialBox): (tenant: TenantRow) => Promise<TenantSpec> {
  return async (tenant) => {
    const credentials = await box.open(tenant);
    if (!credentials) throw new Error('placed before its credentials were made');
    return {
      orgId: tenant.orgId,
      slug: tenant.slug,
      publicUrl: '',
      platformUrl: '',
      image: tenant.image,
      provisionSecret: Secret.of('x'),
      ...credentials,
    };
  };
}

/** Nobody waits: each sleep moves the time on by itself. */
export function leapingClock(startAt = 1_800_000_000_000): Clock & { leap(ms: number): void } {
  let now = startAt;
  return {
    now: () => now,
    leap: (ms) => {
      now += ms;
    },
    sleep: async (ms, signal) => {
      await new Promise((resolve) => setImmediate(resolve));
      signal?.throwIfAborted();
      now += ms;
    },
  };
}
