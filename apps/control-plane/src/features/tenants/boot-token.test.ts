// Tests of the boot token, with vectors that must never change.

import { describe, expect, it } from 'vitest';
import { claimedOrg, mintBootToken, verifyBootToken } from './boot-token.ts';

const KEY = 'the-token-of-the-tenant';
const ORG = '0b9f6f1e-6c1f-4f5e-9a8e-2f1f4a2b7c3d';
const PAYLOAD = {
  wsid: '4a1c2f9e-8d3b-4c7a-9e5f-6b7c8d9e0f1a',
  org: ORG,
  exp: 1_800_000_000,
  scope: ['boot-event', 'restore'],
};
const BEFORE = 1_799_999_999_000;

describe('a boot token', () => {
  it('has this form, byte for byte', () => {
    const body = Buffer.from(
      `{"wsid":"${PAYLOAD.wsid}","org":"${ORG}","exp":1800000000,"scope":["boot-event","restore"]}`,
    ).toString('base64url');
    expect(mintBootToken(KEY, PAYLOAD)).toBe(`${body}.w6MNdxLHk4j6YeGjqVU90fjjoghq4OJrGN6I1uhkrKM`);
  });

  it('tells whose it is until it expires', () => {
    const token = mintBootToken(KEY, PAYLOAD);
    expect(claimedOrg(token)).toBe(ORG);
    expect(verifyBootToken(KEY, token, BEFORE)).toEqual(PAYLOAD);
    expect(verifyBootToken(KEY, token, PAYLOAD.exp * 1000)).toBeNull();
  });

  it('holds with its own key and unchanged only', () => {
    const token = mintBootToken(KEY, PAYLOAD);
    expect(verifyBootToken('other', token, BEFORE)).toBeNull();
    const other = mintBootToken(KEY, { ...PAYLOAD, exp: PAYLOAD.exp + 1 });
    expect(verifyBootToken(KEY, `${other.split('.')[0]}.${token.split('.')[1]}`, BEFORE)).toBeNull();
  });

  it.each(['', '.', 'a.b', 'x'.repeat(2_000), `${'e30'}.${'A'.repeat(43)}`, 'e30', '...'])(
    'is not %j',
    (text) => {
      expect(claimedOrg(text)).toBeNull();
      expect(verifyBootToken(KEY, text, BEFORE)).toBeNull();
    },
  );
});
