// Placement driver contract: what every driver does, run by the test of each.

import { randomUUID } from 'node:crypto';
import { Secret } from '@molecule/kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PlacementDriver, TenantSpec } from './driver.ts';

export interface DriverUnderTest {
  driver: PlacementDriver;
  /** Another driver on the same ground: what a control plane finds after a crash. */
  again(): PlacementDriver;
  /** Two images that both run. */
  images: readonly [string, string];
  /** Ends the tenant as a crash of it would. */
  crash(orgId: string): Promise<void>;
  /** Writes into, and reads from, what the tenant keeps. */
  write(orgId: string, text: string): Promise<void>;
  read(orgId: string): Promise<string>;
  /** How many tenants of the organisation run now. */
  count(orgId: string): Promise<number>;
  close(): Promise<void>;
}

export function specFor(orgId: string, image: string): TenantSpec {
  return {
    orgId,
    slug: `t-${orgId.slice(0, 8)}`,
    publicUrl: 'http://t.localhost:8080',
    platformUrl: 'http://localhost:8080',
    image,
    adminToken: Secret.of('a-token-for-tests'),
    dataKey: Secret.of('a-key-for-tests'),
    edgeKey: Secret.of('an-edge-key-for-tests'),
    provisionSecret: Secret.of('a-secret-for-tests'),
  };
}

export function describePlacementDriver(
  name: string,
  open: () => Promise<DriverUnderTest>,
  limitMs = 120_000,
): void {
  describe(`the ${name} driver`, { timeout: limitMs }, () => {
    let under: DriverUnderTest;
    beforeAll(async () => {
      under = await open();
    }, limitMs);
    afterAll(() => under?.close(), limitMs);

    const started = async (image = under.images[0]) => {
      const orgId = randomUUID();
      await under.driver.checkRoom(orgId);
      const placement = await under.driver.ensureRunning(specFor(orgId, image));
      return { orgId, ...placement };
    };

    it('starts a tenant once, however often and from wherever it is asked (D1)', async () => {
      const { orgId, upstream } = await started();
      const asked = await Promise.all([
        under.driver.ensureRunning(specFor(orgId, under.images[0])),
        under.driver.ensureRunning(specFor(orgId, under.images[0])),
        under.again().ensureRunning(specFor(orgId, under.images[0])),
      ]);
      expect(new Set(asked.map((placement) => placement.upstream))).toEqual(new Set([upstream]));
      // A process that is looked at while it becomes another program counts for nothing.
      await expect.poll(() => under.count(orgId)).toBeGreaterThan(0);
      expect(await under.count(orgId)).toBe(1);
      await under.driver.destroy(orgId);
    });

    it('tells what it finds, also of what it never heard of', async () => {
      expect(await under.driver.inspect(randomUUID())).toEqual({ state: 'absent' });
      const { orgId, upstream } = await started();
      expect(await under.again().inspect(orgId)).toEqual({
        state: 'running',
        upstream,
        image: under.images[0],
      });
      expect(await under.driver.list()).toContain(orgId);
      await under.driver.destroy(orgId);
    });

    it('starts again a tenant that crashed, with its data and under its address', async () => {
      const { orgId, upstream } = await started();
      await under.write(orgId, 'kept');
      await under.crash(orgId);
      expect((await under.driver.inspect(orgId)).state).toBe('stopped');
      expect((await under.driver.ensureRunning(specFor(orgId, under.images[0]))).upstream).toBe(upstream);
      expect(await under.read(orgId)).toBe('kept');
      await under.driver.destroy(orgId);
    });

    it('stops, keeps the data, and may be told twice (D2)', async () => {
      const { orgId } = await started();
      await under.write(orgId, 'kept');
      await under.driver.stop(orgId);
      await under.driver.stop(orgId);
      expect((await under.driver.inspect(orgId)).state).toBe('stopped');
      expect(await under.count(orgId)).toBe(0);
      await under.driver.ensureRunning(specFor(orgId, under.images[0]));
      expect(await under.read(orgId)).toBe('kept');
      await under.driver.destroy(orgId);
    });

    it('destroys without a rest, and may be told twice, and of what never was (D2)', async () => {
      const { orgId } = await started();
      await under.driver.destroy(orgId);
      await under.driver.destroy(orgId);
      await under.driver.destroy(randomUUID());
      expect(await under.driver.inspect(orgId)).toEqual({ state: 'absent' });
      expect(await under.count(orgId)).toBe(0);
      expect(await under.driver.list()).not.toContain(orgId);
    });

    it('brings a tenant to another image and back, with the data from before (D5)', async () => {
      const [old, next] = under.images;
      const { orgId } = await started(old);
      await under.write(orgId, 'from the old image');
      await under.driver.ensureRunning(specFor(orgId, next));
      expect(await under.driver.inspect(orgId)).toMatchObject({ state: 'running', image: next });
      expect(await under.read(orgId)).toBe('from the old image');
      await under.write(orgId, 'changed by the new image');
      await under.driver.ensureRunning(specFor(orgId, old));
      expect(await under.driver.inspect(orgId)).toMatchObject({ state: 'running', image: old });
      expect(await under.read(orgId)).toBe('from the old image');
      await under.driver.destroy(orgId);
    });

    it('keeps the data of an upgrade that was settled, whatever comes after (D5)', async () => {
      const [old, next] = under.images;
      const { orgId } = await started(old);
      await under.driver.ensureRunning(specFor(orgId, next));
      await under.driver.settleImage(orgId);
      await under.write(orgId, 'from the new image');
      await under.driver.ensureRunning(specFor(orgId, old));
      expect(await under.read(orgId)).toBe('from the new image');
      await under.driver.destroy(orgId);
    });

    it('knows which images there are', async () => {
      expect(await under.driver.hasImage(under.images[0])).toBe(true);
      for (const name of ['no-such', '', '..', '../local', 'a/b']) {
        expect([name, await under.driver.hasImage(name)]).toEqual([name, false]);
      }
    });
  });
}
