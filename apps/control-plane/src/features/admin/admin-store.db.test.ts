// Tests of the operators' rows: what nobody owns is found, and whatever an earlier key or layout sealed ends under the key of
// today, cut off or not.

import { createCipheriv, randomBytes, randomUUID } from 'node:crypto';
import { Secret, systemClock } from '@molecule/kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PlatformUnderTest } from '../provisioning/testing/platform-under-test.ts';
import { CredentialBox, Seal } from '../tenants/index.ts';
import { PgAdminStore } from './admin-store.pg.ts';

const OLDER = 'a'.repeat(64);
const NEWER = 'b'.repeat(64);
const EDGE_KEY = Secret.of('edge-key-for-tests');

let under: PlatformUnderTest;
let admin: PgAdminStore;
beforeAll(async () => {
  under = await PlatformUnderTest.open(systemClock);
  admin = new PgAdminStore(under.database.db, systemClock);
});
afterAll(() => under?.stop());

const tenantOf = async (orgId: string) => {
  const tenant = await under.tenants.find(orgId);
  if (!tenant) throw new Error('no tenant');
  return tenant;
};

/** An organisation whose credentials an earlier platform sealed. */
async function acceptEarlier(slug: string): Promise<{ id: string; adminToken: string; dataKey: string }> {
  const { id } = await under.accept(slug);
  const closed = (column: string, text: string) => {
    const nonce = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', Buffer.from(OLDER, 'hex'), nonce);
    cipher.setAAD(Buffer.from(`${id}/tenant_instances/${column}`));
    return Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  };
  const [adminToken, dataKey] = [`admin-of-${slug}`, `data-key-of-${slug}`];
  await under.tenants.keepCredentials(id, {
    adminTokenSealed: closed('admin_token', adminToken),
    adminTokenDigest: randomBytes(32),
    dataKeySealed: closed('data_key', dataKey),
  });
  return { id, adminToken, dataKey };
}

describe('what a driver finds', () => {
  it('is told apart by whether an organisation has it, a hundred at most', async () => {
    const { id } = await under.accept('known');
    const strangers = Array.from({ length: 120 }, () => randomUUID());
    expect(await admin.unknownAmong([id])).toEqual([]);
    expect(await admin.unknownAmong([id, strangers[0] ?? ''])).toEqual([strangers[0]]);
    expect(await admin.unknownAmong(strangers)).toHaveLength(100);
    expect(await admin.unknownAmong([])).toEqual([]);
  });
});

describe('sealing anew', () => {
  it('goes on where it was cut off, loses nothing, and leaves the older key unneeded', async () => {
    const orgs = await Promise.all(['one', 'two', 'three'].map(acceptEarlier));
    const both = new CredentialBox(new Seal(NEWER, OLDER), EDGE_KEY);
    let turned = 0;
    const cutOff = admin.reseal(async (orgId, column, blob) => {
      turned += 1;
      if (turned > 3) throw new Error('killed');
      return both.reseal(orgId, column, blob);
    });
    await expect(cutOff).rejects.toThrow('killed');
    for (const org of orgs) {
      expect((await both.open(await tenantOf(org.id)))?.dataKey.reveal()).toBe(org.dataKey);
    }

    expect(await admin.reseal((orgId, column, blob) => both.reseal(orgId, column, blob))).toBe(3);
    const newer = new CredentialBox(new Seal(NEWER), EDGE_KEY);
    for (const org of orgs) {
      const tenant = await tenantOf(org.id);
      expect(tenant.dataKeySealed?.[0]).toBe(0x03);
      expect((await newer.open(tenant))?.adminToken.reveal()).toBe(org.adminToken);
      expect((await newer.open(tenant))?.dataKey.reveal()).toBe(org.dataKey);
    }
  });

  it('refuses what was swapped between two organisations, and shows nothing to a thief of the rows', async () => {
    const [mine, theirs] = await Promise.all([acceptEarlier('mine'), acceptEarlier('theirs')]);
    const both = new CredentialBox(new Seal(NEWER, OLDER), EDGE_KEY);
    await admin.reseal((orgId, column, blob) => both.reseal(orgId, column, blob));
    const stolen = (await tenantOf(theirs.id)).dataKeySealed;
    await expect(both.reseal(mine.id, 'data_key', stolen ?? Buffer.alloc(0))).rejects.toThrow(
      'does not open',
    );

    const rows = await under.database.db.query<Record<string, unknown>>('select * from tenant_instances');
    const held = rows.flatMap((row) =>
      Object.values(row).map((value) => (Buffer.isBuffer(value) ? value.toString('latin1') : String(value))),
    );
    for (const text of [mine.adminToken, mine.dataKey, theirs.adminToken, theirs.dataKey]) {
      expect(held.filter((value) => value.includes(text))).toEqual([]);
    }
  });
});
