// Tests of the seal: what was changed, moved or closed with another key does not open; what earlier platforms sealed does.

import { createCipheriv, randomBytes } from 'node:crypto';
import { SealBroken } from '@molecule/kit';
import { describe, expect, it } from 'vitest';
import { type Place, Seal } from './seal.ts';

const KEY = randomBytes(32).toString('hex');
const PLACE: Place = { orgId: 'org', table: 'tenant_instances', column: 'admin_token', rowId: 'org' };

/** As an earlier platform sealed it. */
function closeEarlier(key: string, text: string, nonce = randomBytes(12)): Buffer {
  const cipher = createCipheriv('aes-256-gcm', Buffer.from(key, 'hex'), nonce);
  cipher.setAAD(Buffer.from(`${PLACE.orgId}/${PLACE.table}/${PLACE.column}`));
  return Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
}

describe('a sealed value', () => {
  it('opens in its place, and says nothing of itself', () => {
    const seal = new Seal(KEY);
    const blob = seal.close('the token', PLACE);
    expect(seal.open(blob, PLACE)).toBe('the token');
    expect(blob[0]).toBe(0x03);
    expect(blob.toString('latin1')).not.toContain('the token');
    expect(seal.close('the token', PLACE).equals(blob)).toBe(false);
  });

  it.each(['orgId', 'table', 'column', 'rowId'] as const)('does not open under another %s', (part) => {
    const seal = new Seal(KEY);
    const blob = seal.close('the token', PLACE);
    expect(() => seal.open(blob, { ...PLACE, [part]: 'other' })).toThrow(SealBroken);
  });

  it('does not open changed, cut, or with another key', () => {
    const seal = new Seal(KEY);
    const blob = seal.close('the token', PLACE);
    for (let i = 0; i < blob.length; i++) {
      const changed = Buffer.from(blob);
      changed.writeUInt8((changed.readUInt8(i) + 1) % 256, i);
      expect(() => seal.open(changed, PLACE)).toThrow(SealBroken);
      expect(() => seal.open(blob.subarray(0, i), PLACE)).toThrow(SealBroken);
    }
    expect(() => new Seal(randomBytes(32).toString('hex')).open(blob, PLACE)).toThrow(SealBroken);
  });

  it('of the older key opens while that key is known, and is closed with the newer one (S3)', () => {
    const older = randomBytes(32).toString('base64');
    const blob = new Seal(older).close('x', PLACE);
    const both = new Seal(KEY, older);
    expect(both.open(blob, PLACE)).toBe('x');
    expect(new Seal(KEY).open(both.close('x', PLACE), PLACE)).toBe('x');
  });
});

describe('a value that an earlier platform sealed (S2)', () => {
  it('opens in its place with the newer or the older key, and nowhere else', () => {
    const older = randomBytes(32).toString('hex');
    expect(new Seal(KEY).open(closeEarlier(KEY, 'x'), PLACE)).toBe('x');
    expect(new Seal(KEY, older).open(closeEarlier(older, 'x'), PLACE)).toBe('x');
    expect(() => new Seal(KEY).open(closeEarlier(older, 'x'), PLACE)).toThrow(SealBroken);
    expect(() => new Seal(KEY).open(closeEarlier(KEY, 'x'), { ...PLACE, orgId: 'other' })).toThrow(
      SealBroken,
    );
  });

  it('opens whatever its nonce begins with, the mark and key id of a new value included', () => {
    const seal = new Seal(KEY);
    const [mark, keyId] = seal.close('x', PLACE);
    for (let first = 0; first < 256; first++) {
      const nonce = randomBytes(12);
      nonce.writeUInt8(first);
      expect(seal.open(closeEarlier(KEY, 'x', nonce), PLACE)).toBe('x');
    }
    const nonce = Buffer.concat([Buffer.from([mark ?? 0, keyId ?? 0]), randomBytes(10)]);
    expect(seal.open(closeEarlier(KEY, 'x', nonce), PLACE)).toBe('x');
  });
});

// Frozen: what these open to never changes, or installations lose their tenants.
describe('the frozen values', () => {
  const key = '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f';

  it.each([
    ['new', '0311000102030405060708090a0b336ab33bb18aa97ee37f024bfd80659c9028329c4f6ebaa7d7'],
    ['earlier', '000102030405060708090a0b336ab33bb18aa97ee321e32ed88563f50409bd73bb25214482'],
    [
      'earlier, beginning like a new one',
      '031102030405060708090a0ba3f1ba2a05b2bc4980488107368adb79a2fb77631a42b22913',
    ],
  ])('still open: %s', (_, blob) => {
    expect(new Seal(key).open(Buffer.from(blob, 'hex'), PLACE)).toBe('the token');
  });
});

describe('a key', () => {
  it.each([
    ['hex', randomBytes(32).toString('hex')],
    ['base64', randomBytes(32).toString('base64')],
    ['base64url', randomBytes(32).toString('base64url')],
    ['as it is', 'x'.repeat(32)],
  ])('of 32 bytes may be %s', (_, text) => expect(() => new Seal(` ${text}\n`)).not.toThrow());

  it.each(['', 'short', 'ab'.repeat(31), 'x'.repeat(33), randomBytes(48).toString('base64')])(
    'may not be %j',
    (text) => {
      expect(() => new Seal(text)).toThrow('SECRETS_ENCRYPTION_KEY must be 32 bytes');
      expect(() => new Seal(KEY, text)).toThrow('SECRETS_ENCRYPTION_KEY_OLD must be 32 bytes');
    },
  );
});
