// Tests of the address guard: what is public, what is refused, and names judged by what they resolve to.

import { isFault } from '@molecule/domain';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  checkAgentUrl,
  checkDispatchUrl,
  classifyAddress,
  type GuardOptions,
  guardedLookup,
  isDispatchable,
  isUrlDispatchable,
} from './address-guard.ts';

const STRICT: GuardOptions = { isPrivateNetworkAllowed: false, isDevelopment: false };

/** The ranges of the contract, by arithmetic on the 32 bits and not by a library. */
const NOT_PUBLIC: [number, number, number, number, number][] = [
  [0, 0, 0, 0, 8],
  [10, 0, 0, 0, 8],
  [100, 64, 0, 0, 10],
  [127, 0, 0, 0, 8],
  [169, 254, 0, 0, 16],
  [172, 16, 0, 0, 12],
  [192, 0, 2, 0, 24],
  [192, 168, 0, 0, 16],
  [198, 51, 100, 0, 24],
  [203, 0, 113, 0, 24],
  [224, 0, 0, 0, 4],
];

const bits = (parts: readonly number[]) => parts.reduce((sum, part) => sum * 256 + part, 0);

function isInContractRange(parts: readonly number[]): boolean {
  return NOT_PUBLIC.some(([a, b, c, d, length]) => {
    const size = 2 ** (32 - length);
    return Math.floor(bits(parts) / size) === Math.floor(bits([a, b, c, d]) / size);
  });
}

const octet = fc.integer({ min: 0, max: 255 });
const ipv4 = fc.oneof(
  fc.tuple(octet, octet, octet, octet),
  // Around the edges of each range.
  fc
    .tuple(fc.constantFrom(...NOT_PUBLIC), fc.constantFrom(-1, 0, 1), fc.boolean())
    .map(([[a, b, c, d, length], off, isEnd]) => {
      const at = Math.min(
        Math.max(bits([a, b, c, d]) + (isEnd ? 2 ** (32 - length) - 1 : 0) + off, 0),
        2 ** 32 - 1,
      );
      return [
        Math.floor(at / 2 ** 24),
        Math.floor(at / 2 ** 16) % 256,
        Math.floor(at / 256) % 256,
        at % 256,
      ] as [number, number, number, number];
    }),
);

const hex = (high: number, low: number) => (high * 256 + low).toString(16);

async function refusal(url: string, options = STRICT): Promise<string | null> {
  try {
    await checkAgentUrl(url, options);
    return null;
  } catch (error) {
    if (!isFault(error)) throw error;
    return error.message;
  }
}

const resolvingTo = (...addresses: string[]): GuardOptions => ({
  ...STRICT,
  resolve: async () => addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
});

describe('address guard', () => {
  it('calls no address of the contract public, however IPv6 wraps it (S3)', () => {
    fc.assert(
      fc.property(ipv4, (parts) => {
        if (!isInContractRange(parts)) return;
        const [a, b, c, d] = parts;
        const dotted = parts.join('.');
        const tail = `${hex(a, b)}:${hex(c, d)}`;
        const forms = [
          dotted,
          `::ffff:${dotted}`,
          `::ffff:${tail}`,
          `::${tail}`,
          `::ffff:0:${tail}`,
          `64:ff9b::${tail}`,
          `64:ff9b:1::${tail}`,
          `2002:${tail}::`,
        ];
        for (const form of forms) expect(isDispatchable(form, STRICT), form).toBe(false);
      }),
      { numRuns: 3_000 },
    );
  });

  it('calls ordinary addresses public', () => {
    for (const address of ['8.8.8.8', '93.184.216.34', '2606:4700::1111', '::ffff:8.8.8.8']) {
      expect(classifyAddress(address), address).toBe('public');
    }
  });

  it.each([
    '::2',
    '4000::1',
    'fec0::1',
    'fe80::1',
    'fe80::1%eth0',
    'ff02::1',
    'fc00::1',
    '100::1',
    '2001:db8::5',
    '3fff::1',
    '5f00::1',
  ])('blocks %s (S3)', (address) => expect(classifyAddress(address)).toBe('blocked'));

  it.each(['010.0.0.1', '127.1', '0x7f.1', '2130706433', '8.8.8.8 ', '', 'localhost', '8.8.8'])(
    'takes the text %j for no address (S1)',
    (text) => expect(classifyAddress(text)).toBe('blocked'),
  );

  it('lets loopback and private networks pass where the operator says so, and nothing more', () => {
    const development = { isPrivateNetworkAllowed: false, isDevelopment: true };
    const hosted = { isPrivateNetworkAllowed: true, isDevelopment: false };
    const pass = (options: GuardOptions) =>
      [
        '127.0.0.1',
        '::1',
        '10.0.0.1',
        'fd00::1',
        'fc00::1',
        '169.254.169.254',
        '0.0.0.0',
        '100.64.0.1',
      ].filter((address) => isDispatchable(address, options));
    expect(pass(development)).toEqual(['127.0.0.1', '::1', '10.0.0.1', 'fd00::1']);
    expect(pass(hosted)).toEqual(['10.0.0.1', 'fd00::1']);
    expect(pass(STRICT)).toEqual([]);
  });

  it('says at registration why it refuses', async () => {
    const failing = { ...STRICT, resolve: () => Promise.reject(new Error('ENOTFOUND')) };
    expect(await refusal('')).toBe('url is required');
    expect(await refusal('ftp://8.8.8.8/')).toBe('url scheme must be http or https');
    expect(await refusal('http://[fe80::1%25lo]/')).toBe('url scheme must be http or https');
    expect(await refusal('http://0x7f000001/')).toBe('url targets a blocked address: loopback');
    expect(await refusal('http://nowhere.example/', failing)).toBe(
      'hostname "nowhere.example" cannot be resolved (DNS error)',
    );
    expect(await refusal('http://localhost:8001/')).toBeNull();
    expect(await refusal('http://8.8.8.8/')).toBeNull();
  });

  it('refuses a name of which one address is blocked (S3)', async () => {
    expect(await refusal('http://a.example/', resolvingTo('8.8.8.8'))).toBeNull();
    expect(await refusal('http://a.example/', resolvingTo('8.8.8.8', '127.0.0.1'))).toContain(
      'blocked address',
    );
    expect(await isUrlDispatchable('http://a.example/', resolvingTo('8.8.8.8', '::1'))).toBe(false);
    expect(await isUrlDispatchable('http://a.example/', resolvingTo('8.8.8.8'))).toBe(true);
  });

  it('judges a name when it is connected, so that a later answer does not slip in (S2)', async () => {
    const connect = (options: GuardOptions) =>
      new Promise<string>((resolve) => {
        guardedLookup(options)('a.example', { all: true }, (error, addresses) =>
          resolve(error ? String((error as NodeJS.ErrnoException).code) : JSON.stringify(addresses)),
        );
      });
    expect(await connect(resolvingTo('10.0.0.1'))).toBe('ADDRESS_BLOCKED');
    expect(await connect(resolvingTo('8.8.8.8', '10.0.0.1'))).toBe('ADDRESS_BLOCKED');
    expect(await connect(resolvingTo())).toBe('ADDRESS_BLOCKED');
    expect(await connect(resolvingTo('8.8.8.8'))).toBe('[{"address":"8.8.8.8","family":4}]');
  });

  it('refuses address literals before they are connected, for which no look-up is made', () => {
    expect(() => checkDispatchUrl('http://127.0.0.1:8080/', STRICT)).toThrow('not publicly routable');
    expect(() => checkDispatchUrl('http://[::ffff:a00:1]/', STRICT)).toThrow('not publicly routable');
    expect(() => checkDispatchUrl('http://8.8.8.8/', STRICT)).not.toThrow();
  });
});
