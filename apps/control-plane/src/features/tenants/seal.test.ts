// Tests of the seal: what was changed, moved or closed with another key does not open.

import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { parseKey, Seal } from './seal.ts';

const KEY = randomBytes(32).toString('hex');

describe('a sealed value', () => {
  it('opens in its place, and says nothing of itself', () => {
    const seal = new Seal(KEY);
    const blob = seal.close('the token', 'org/table/column');
    expect(seal.open(blob, 'org/table/column')).toBe('the token');
    expect(blob.toString('latin1')).not.toContain('the token');
    expect(seal.close('the token', 'org/table/column').equals(blob)).toBe(false);
  });

  it('does not open elsewhere, changed, cut, or with another key', () => {
    const seal = new Seal(KEY);
    const blob = seal.close('the token', 'a');
    expect(() => seal.open(blob, 'b')).toThrow();
    for (let i = 0; i < blob.length; i++) {
      const changed = Buffer.from(blob);
      changed.writeUInt8((changed.readUInt8(i) + 1) % 256, i);
      expect(() => seal.open(changed, 'a')).toThrow();
    }
    expect(() => seal.open(blob.subarray(0, 20), 'a')).toThrow();
    expect(() => new Seal(randomBytes(32).toString('hex')).open(blob, 'a')).toThrow();
  });

  it('of the older key opens while that key is known, and is closed with the newer one', () => {
    const older = randomBytes(32).toString('base64');
    const blob = new Seal(older).close('x', 'a');
    const both = new Seal(KEY, older);
    expect(both.open(blob, 'a')).toBe('x');
    expect(new Seal(KEY).open(both.close('x', 'a'), 'a')).toBe('x');
  });
});

describe('a key', () => {
  it.each([
    ['hex', randomBytes(32).toString('hex')],
    ['base64', randomBytes(32).toString('base64')],
    ['base64url', randomBytes(32).toString('base64url')],
    ['as it is', 'x'.repeat(32)],
  ])('of 32 bytes may be %s', (_, text) => expect(parseKey(text)).toHaveLength(32));

  it.each(['', 'short', 'ab'.repeat(31), 'x'.repeat(33), randomBytes(48).toString('base64')])(
    'may not be %j',
    (text) => {
      expect(() => parseKey(text)).toThrow(/32 bytes/);
    },
  );
});
