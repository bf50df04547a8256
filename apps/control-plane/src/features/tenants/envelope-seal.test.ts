// Tests of the envelope seal: what it closed opens in its place alone, by the service alone; both ways lead to the other kind
// of seal; a service that is away or refuses loses nothing.

import { randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isFault } from '@molecule/domain';
import { SealBroken, Secret, systemClock } from '@molecule/kit';
import { type Moto, startMoto } from '@molecule/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openAwsKeyService } from './aws-key-service.ts';
import { CredentialBox } from './credentials.ts';
import { EnvelopeSeal } from './envelope-seal.ts';
import type { KeyContext, KeyService } from './key-service.ts';
import { type Place, Seal } from './seal.ts';
import type { TenantRow } from './tenant-store.ts';

const STATIC = randomBytes(32).toString('hex');
const PLACE: Place = { orgId: 'org', table: 'tenant_instances', column: 'admin_token', rowId: 'org' };

/** Wraps by remembering; counts what it is asked. */
class MemoryKeyService implements KeyService {
  readonly #made = new Map<string, { key: Buffer; context: string }>();
  unwraps = 0;
  isAway = false;

  async generate(context: KeyContext) {
    this.#answer();
    const [key, wrapped] = [randomBytes(32), randomBytes(64)];
    this.#made.set(wrapped.toString('hex'), { key: Buffer.from(key), context: JSON.stringify(context) });
    return { key, wrapped };
  }

  async unwrap(wrapped: Buffer, context: KeyContext) {
    this.#answer();
    this.unwraps++;
    const made = this.#made.get(wrapped.toString('hex'));
    return made && made.context === JSON.stringify(context) ? Buffer.from(made.key) : null;
  }

  #answer(): void {
    if (this.isAway) throw new Error('away');
  }
}

function sealsOn(service: KeyService, now = { ms: 0 }) {
  const clock = { ...systemClock, now: () => now.ms };
  const fallback = new Seal(STATIC);
  return {
    fallback,
    kms: new EnvelopeSeal(fallback, service, { clock, sealsWith: 'kms', maxRemembered: 100 }),
    back: new EnvelopeSeal(fallback, service, { clock, sealsWith: 'static' }),
  };
}

describe('a value in an envelope', () => {
  it('opens in its place and under no other, changed or cut', async () => {
    const { kms } = sealsOn(new MemoryKeyService());
    const blob = await kms.close('the token', PLACE);
    expect(blob[0]).toBe(0x02);
    expect(blob.readUInt16BE(1)).toBe(64);
    expect(blob.length).toBe(3 + 64 + 12 + 'the token'.length + 16);
    expect(blob.toString('latin1')).not.toContain('the token');
    expect(await kms.open(blob, PLACE)).toBe('the token');
    for (const part of ['orgId', 'table', 'column', 'rowId'] as const)
      await expect(kms.open(blob, { ...PLACE, [part]: 'other' })).rejects.toThrow(SealBroken);
    for (let i = 0; i < blob.length; i++) {
      const changed = Buffer.from(blob);
      changed.writeUInt8((changed.readUInt8(i) + 1) % 256, i);
      await expect(kms.open(changed, PLACE)).rejects.toThrow(SealBroken);
      await expect(kms.open(blob.subarray(0, i), PLACE)).rejects.toThrow(SealBroken);
    }
  });

  it('and one of the static key open both ways, and the service is not asked for the latter (E2, E4)', async () => {
    const service = new MemoryKeyService();
    const { fallback, kms, back } = sealsOn(service);
    const enveloped = await kms.close('x', PLACE);
    const still = fallback.close('y', PLACE);
    expect(await kms.open(still, PLACE)).toBe('y');
    expect(await back.open(still, PLACE)).toBe('y');
    expect(service.unwraps).toBe(0);
    expect(await back.open(enveloped, PLACE)).toBe('x');
    expect((await back.close('z', PLACE))[0]).toBe(0x03);
    expect([kms.isCurrent(enveloped), kms.isCurrent(still)]).toEqual([true, false]);
    expect([back.isCurrent(enveloped), back.isCurrent(still)]).toEqual([false, true]);
  });

  it('costs the service one call in five minutes, in its own place, and opens meanwhile without it (E3)', async () => {
    const service = new MemoryKeyService();
    const now = { ms: 1_000 };
    const { kms } = sealsOn(service, now);
    const blob = await kms.close('x', PLACE);
    for (let i = 0; i < 5; i++) await kms.open(blob, PLACE);
    expect(service.unwraps).toBe(1);
    service.isAway = true;
    expect(await kms.open(blob, PLACE)).toBe('x');
    await expect(kms.open(blob, { ...PLACE, orgId: 'other' })).rejects.toThrow('away');
    now.ms += 5 * 60_000;
    await expect(kms.open(blob, PLACE)).rejects.toThrow('away');
    service.isAway = false;
    expect(await kms.open(blob, PLACE)).toBe('x');
  });

  it('is remembered with so many others at most', async () => {
    const service = new MemoryKeyService();
    const { kms } = sealsOn(service);
    const places = Array.from({ length: 101 }, (_, i) => ({ ...PLACE, orgId: `org-${i}` }));
    const blobs = await Promise.all(places.map((place) => kms.close('x', place)));
    for (const [i, place] of places.entries()) await kms.open(blobs[i] ?? Buffer.alloc(0), place);
    expect(service.unwraps).toBe(101);
    await kms.open(blobs[100] ?? Buffer.alloc(0), places[100] ?? PLACE);
    expect(service.unwraps).toBe(101);
    await kms.open(blobs[0] ?? Buffer.alloc(0), places[0] ?? PLACE);
    expect(service.unwraps).toBe(102);
  });
});

describe('credentials', () => {
  it('are renewed to the kind of today when they are not of it, and stay what they are', async () => {
    const { fallback, kms, back } = sealsOn(new MemoryKeyService());
    const edgeKey = Secret.of('edge');
    const rowOf = (made: Pick<TenantRow, 'adminTokenSealed' | 'dataKeySealed'>) =>
      ({ orgId: 'org', ...made }) as TenantRow;
    const first = rowOf(await new CredentialBox(fallback, edgeKey).make('org'));
    const before = await new CredentialBox(fallback, edgeKey).open(first);
    const renewed = await new CredentialBox(kms, edgeKey).renew(first);
    expect([renewed?.adminTokenSealed[0], renewed?.dataKeySealed[0]]).toEqual([0x02, 0x02]);
    const second = rowOf(renewed ?? first);
    expect(await new CredentialBox(kms, edgeKey).renew(second)).toBeNull();
    const third = rowOf((await new CredentialBox(back, edgeKey).renew(second)) ?? second);
    const after = await new CredentialBox(fallback, edgeKey).open(third);
    expect(after?.dataKey.reveal()).toBe(before?.dataKey.reveal());
    expect(after?.adminToken.reveal()).toBe(before?.adminToken.reveal());
  });
});

describe('a key service in trouble', () => {
  let server: Server | undefined;
  const kept = { ...process.env };
  beforeAll(() => Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'none', AWS_SECRET_ACCESS_KEY: 'none' }));
  afterAll(() => {
    for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) {
      if (kept[name] === undefined) delete process.env[name];
      else process.env[name] = kept[name];
    }
  });
  afterEach(() => {
    server?.closeAllConnections();
    server?.close();
    server = undefined;
  });

  async function troubled(status: number, type: string) {
    let asked = 0;
    server = createServer((_, response) => {
      asked++;
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' });
      response.end(JSON.stringify({ __type: type, message: 'secret details' }));
    });
    await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const service = await openAwsKeyService({
      keyArn: 'arn:aws:kms:eu-central-1:111122223333:key/x',
      endpoint: `http://127.0.0.1:${port}`,
    });
    return { service, asked: () => asked };
  }

  it.each([
    [400, 'ThrottlingException', 'does not answer', 3],
    [500, 'KMSInternalException', 'does not answer', 3],
    [400, 'AccessDeniedException', 'refuses (AccessDeniedException)', 1],
    [400, 'DisabledException', 'refuses (DisabledException)', 1],
  ])(
    '(%i %s) is a fault that may pass, and tells nothing more',
    async (status, type, sentence, calls) => {
      const { service, asked } = await troubled(status, type);
      for (const attempt of [
        () => service.generate({ org_id: 'org' }),
        () => service.unwrap(Buffer.alloc(64), { org_id: 'org' }),
      ]) {
        const error = await attempt().then(
          () => null,
          (thrown: unknown) => thrown,
        );
        expect(isFault(error) && error.code).toBe('BACKEND_TRANSIENT');
        expect(String(error)).toContain(sentence);
        expect(String(error)).not.toContain('secret details');
      }
      expect(asked()).toBe(2 * calls);
    },
    30_000,
  );
});

describe.skipIf(!process.env.MOLECULE_TEST_MOTO)('on an emulator of the service', () => {
  let moto: Moto;
  const kept = { ...process.env };
  beforeAll(async () => {
    Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'none', AWS_SECRET_ACCESS_KEY: 'none' });
    moto = await startMoto();
  }, 60_000);
  afterAll(async () => {
    for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) {
      if (kept[name] === undefined) delete process.env[name];
      else process.env[name] = kept[name];
    }
    await moto?.stop();
  });

  async function newKey(): Promise<string> {
    const { CreateKeyCommand, KMSClient } = await import('@aws-sdk/client-kms');
    const client = new KMSClient({ region: 'eu-central-1', endpoint: moto.url });
    return (await client.send(new CreateKeyCommand({}))).KeyMetadata?.Arn ?? '';
  }

  it('closes, opens, and refuses another organisation, another service and another key', async () => {
    const service = await openAwsKeyService({ keyArn: await newKey(), endpoint: moto.url });
    const { kms } = sealsOn(service);
    const blob = await kms.close('the token', PLACE);
    expect(await sealsOn(service).kms.open(blob, PLACE)).toBe('the token');
    await expect(kms.open(blob, { ...PLACE, orgId: 'other' })).rejects.toThrow(SealBroken);
    await expect(sealsOn(new MemoryKeyService()).kms.open(blob, PLACE)).rejects.toThrow(SealBroken);
  }, 30_000);

  it('says that a key is not there', async () => {
    const service = await openAwsKeyService({
      keyArn: 'arn:aws:kms:eu-central-1:123456789012:key/00000000-0000-0000-0000-000000000000',
      endpoint: moto.url,
    });
    await expect(service.generate({ org_id: 'org' })).rejects.toThrow('refuses (NotFoundException)');
  }, 30_000);
});
