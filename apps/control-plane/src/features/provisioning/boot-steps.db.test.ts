// Tests of the boot steps: credentials move to the seal of today when their tenant is started, and never keep it from starting.

import { faults } from '@molecule/domain';
import { Secret, systemClock } from '@molecule/kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CredentialBox, EnvelopeSeal, type KeyService, Seal } from '../tenants/index.ts';
import { BOOT_STEPS, type BootDeps, startTenant } from './boot-steps.ts';
import { PlatformUnderTest, specOpenedBy } from './testing/platform-under-test.ts';

const EDGE_KEY = Secret.of('edge-key-for-tests');
const still = new Seal('a'.repeat(64));

let under: PlatformUnderTest;
beforeAll(async () => {
  under = await PlatformUnderTest.open(systemClock);
});
afterAll(() => under?.stop());

const tenantOf = async (orgId: string) => {
  const tenant = await under.tenants.find(orgId);
  if (!tenant) throw new Error('no tenant');
  return tenant;
};

describe('the start of a tenant whose credentials are sealed in an earlier way', () => {
  it('goes on while the key service is away, and seals them anew at the next start', async () => {
    const { id } = await under.accept('moving');
    await under.tenants.keepCredentials(id, await new CredentialBox(still, EDGE_KEY).make(id));
    let isAway = true;
    const keys = new Map<string, Buffer>();
    const service: KeyService = {
      generate: async () => {
        if (isAway) throw faults.backendTransient('the key service does not answer');
        const [key, wrapped] = [Buffer.alloc(32, 1), Buffer.from(`wrapped ${keys.size}`)];
        keys.set(wrapped.toString(), Buffer.from(key));
        return { key, wrapped };
      },
      unwrap: async (wrapped) => Buffer.from(keys.get(wrapped.toString()) ?? ''),
    };
    const sealer = new EnvelopeSeal(still, service, { clock: systemClock, sealsWith: 'kms' });
    const box = new CredentialBox(sealer, EDGE_KEY);
    const deps: BootDeps = {
      tenants: under.tenants,
      driver: under.driver,
      box,
      call: async () => ({ status: 200, body: null }),
      probePublicName: null,
      specOf: specOpenedBy(box),
    };
    const before = await box.open(await tenantOf(id));
    expect(await startTenant(deps, await tenantOf(id))).toBe(true);
    expect((await tenantOf(id)).dataKeySealed?.[0]).toBe(0x03);

    isAway = false;
    expect(await startTenant(deps, await tenantOf(id))).toBe(true);
    const moved = await tenantOf(id);
    expect([moved.adminTokenSealed?.[0], moved.dataKeySealed?.[0]]).toEqual([0x02, 0x02]);
    expect((await box.open(moved))?.dataKey.reveal()).toBe(before?.dataKey.reveal());
  });
});

describe('the proof of a public name', () => {
  it.each([
    [401, true],
    [200, 'answers 200 instead'],
    ['CERT_HAS_EXPIRED', 'nothing answers under its public name (CERT_HAS_EXPIRED)'],
  ])('by %s is %s', async (answer, expected) => {
    const { id } = await under.accept(`proof-${String(answer).toLowerCase().slice(0, 4)}`);
    const step = BOOT_STEPS.find(({ name }) => name === 'prove_hostname');
    const deps = { probePublicName: async () => answer } as unknown as BootDeps;
    const done = await step?.run(deps, await tenantOf(id));
    if (expected === true) expect(done).toBe(true);
    else expect(done).toContain(expected);
  });
});
