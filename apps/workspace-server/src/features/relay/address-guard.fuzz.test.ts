// Fuzz of the address guard: any text for a URL is refused by a typed fault or leads to a public address.

import { isFault } from '@molecule/domain';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkAgentUrl, classifyAddress, type GuardOptions } from './address-guard.ts';

const BOUND = { numRuns: 4_000, interruptAfterTimeLimit: 8_000 };
/** A planted bug only has to be found, not made small. */
const FIND = { ...BOUND, endOnFailure: true };

const PUBLIC_NAME = 'public.test';
const STRICT: GuardOptions = {
  isPrivateNetworkAllowed: false,
  isDevelopment: false,
  resolve: async (host) => {
    if (host.endsWith(PUBLIC_NAME)) return [{ address: '93.184.216.34', family: 4 }];
    if (host.endsWith('inner.test')) return [{ address: '10.0.0.1', family: 4 }];
    throw new Error('ENOTFOUND');
  },
};

type Check = (url: string, options: GuardOptions) => Promise<void>;

const piece = fc.oneof(
  fc.constantFrom(
    'http',
    'https',
    'ftp',
    'file',
    'HTTP',
    ':',
    '//',
    '/',
    '\\',
    '@',
    '#',
    '?',
    '[',
    ']',
    '%',
    '.',
    '\t',
    '\n',
    ' ',
    '\u0000',
    '。',
  ),
  fc.constantFrom(
    '127.0.0.1',
    '0x7f.1',
    '2130706433',
    '10.0.0.1',
    '169.254.169.254',
    '[::1]',
    '[::ffff:10.0.0.1]',
    '93.184.216.34',
    PUBLIC_NAME,
    'inner.test',
    'localhost',
  ),
  fc.ipV4(),
  fc.ipV6().map((address) => `[${address}]`),
  fc.ipV4Extended(),
  fc.string({ unit: 'binary', maxLength: 6 }),
);
const url = fc.oneof(
  fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join('')),
  fc
    .tuple(fc.constantFrom('http://', 'https://'), fc.array(piece, { minLength: 1, maxLength: 4 }))
    .map(([scheme, pieces]) => scheme + pieces.join('')),
  fc.webUrl({
    authoritySettings: {
      withIPv4: true,
      withIPv4Extended: true,
      withIPv6: true,
      withUserInfo: true,
      withPort: true,
    },
  }),
);

/** What the address parser of the socket would be handed, judged by hand: 10/8, 127/8, 169.254/16, ::1, mapped ones. */
function isInner(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '');
  if (/^[\d.]+$/.test(bare)) return /^(10|127|0)\.|^169\.254\./.test(bare);
  return /^::1$|^::$|^::ffff:(a|7f|a9fe)[0-9a-f]{0,2}:/.test(bare) || bare.endsWith('inner.test');
}

function holds(check: Check) {
  return fc.asyncProperty(url, async (text) => {
    try {
      await check(text, STRICT);
    } catch (error) {
      if (!isFault(error) || error.code !== 'INVALID_REQUEST') throw error;
      return;
    }
    const parsed = new URL(text);
    expect(parsed.protocol).toMatch(/^https?:$/);
    expect(isInner(parsed.hostname), text).toBe(false);
    // What was let in stays in when it is stored as the parser prints it.
    await check(parsed.href, STRICT);
  });
}

const PLANTED: Record<string, Check> = {
  'searches the text instead of the host': async (text, options) => {
    if (/127\.0\.0\.1|10\.0\.0\.1|169\.254/.test(text)) return checkAgentUrl(text, options);
    if (!URL.canParse(text)) return checkAgentUrl(text, options);
  },
  'lets the parser throw': async (text, options) => {
    new URL(text);
    return checkAgentUrl(text, options);
  },
  'trusts names': async (text, options) => {
    const host = URL.canParse(text) ? new URL(text).hostname : '';
    if (/^[a-z.]+$/.test(host) && /^https?:/.test(new URL(text).protocol)) return;
    return checkAgentUrl(text, options);
  },
};

describe('address guard under fuzz', () => {
  it('refuses by a typed fault or leads to a public address', async () => {
    await fc.assert(holds(checkAgentUrl), BOUND);
  });

  it.each(Object.entries(PLANTED))('finds the planted bug: %s', async (_name, check) => {
    expect((await fc.check(holds(check), FIND)).failed).toBe(true);
  });

  it('classifies any text without throwing', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: 'binary' }), fc.ipV4(), fc.ipV6(), fc.ipV4Extended()),
        (text) => {
          expect(['public', 'loopback', 'private', 'blocked']).toContain(classifyAddress(text));
        },
      ),
      BOUND,
    );
  });
});
