// Fuzz of credentials: no header, whatever stands in it, makes a caller of somebody without a credential, or throws.

import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isAdminClass } from './caller.ts';
import { createIdentifier, digestOf, parseBearer } from './identify-caller.ts';
import { parseCookies } from './parse-cookies.ts';

const BOUND = { numRuns: 3_000, interruptAfterTimeLimit: 8_000 };
/** A planted bug only has to be found, not made small. */
const FIND = { ...BOUND, endOnFailure: true };
const ADMIN = 'A'.repeat(43);
const SESSION = 'S'.repeat(43);

const identify = createIdentifier({
  store: {
    findBearer: async () => null,
    findSession: async (digest) => (digest.equals(digestOf(SESSION)) ? { sessionId: 's' } : null),
  },
  adminTokenDigest: digestOf(ADMIN),
  isOpen: false,
  sessionCookieNames: ['__Host-molecule_session', 'molecule_session'],
});

const noise = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.constantFrom(
    'Bearer ',
    'bearer ',
    'Bearer',
    ' ',
    ';',
    '=',
    ',',
    '"',
    ADMIN,
    SESSION,
    ADMIN.slice(1),
    `${ADMIN}x`,
    'molecule_session',
    '\t',
    '\u00a0',
  ),
);
const header = fc.array(noise, { maxLength: 6 }).map((parts) => parts.join(''));

/** The rule of the contract, said by a regular expression instead of by the parser. */
const spelled = (text: string): string | null =>
  /^Bearer ([\s\S]*\S)\s*$/.exec(text)?.[1]?.trimStart() ?? null;

function parsesAsSpelled(parse: typeof parseBearer) {
  return fc.property(header, (text) => {
    expect(parse(text)).toBe(spelled(text));
  });
}

function isKnownByCredentialOnly(parse: typeof parseBearer) {
  return fc.asyncProperty(header, header, header, async (authorization, cookie, origin) => {
    // As the identifier does, with the parser under test.
    const bearer = parse(authorization);
    const caller = await identify({ headers: { cookie, origin, host: 'tenant.test' }, bearer });
    if (!isAdminClass(caller)) return;
    const hasToken = spelled(authorization) === ADMIN;
    const hasSession = caller.kind === 'session' && cookie.includes(SESSION);
    expect(hasToken || hasSession).toBe(true);
  });
}

const PLANTED: Record<string, typeof parseBearer> = {
  'takes any case': (text) => (/^bearer /i.test(text ?? '') ? (text?.slice(7).trim() ?? null) : null),
  'keeps the spaces': (text) => (text?.startsWith('Bearer ') ? text.slice(7) : null),
  'finds the scheme anywhere': (text) => /Bearer (\S+)/.exec(text ?? '')?.[1] ?? null,
};

describe('credentials under fuzz', () => {
  it('reads a bearer exactly as the contract spells it', () => {
    fc.assert(parsesAsSpelled(parseBearer), BOUND);
  });

  it('knows nobody without the credential, whatever the headers say', async () => {
    await fc.assert(isKnownByCredentialOnly(parseBearer), BOUND);
  });

  it.each(Object.entries(PLANTED))('finds the planted bug: %s', (_name, parse) => {
    expect(fc.check(parsesAsSpelled(parse), FIND).failed).toBe(true);
  });

  it('finds a parser that makes an administrator of anybody', async () => {
    const broken = () => ADMIN;
    expect((await fc.check(isKnownByCredentialOnly(broken), FIND)).failed).toBe(true);
  });

  it('reads cookies that were written, in any company, and pollutes no prototype', () => {
    const name = fc.stringMatching(/^[A-Za-z0-9_-]{1,12}$/);
    const value = fc.stringMatching(/^[A-Za-z0-9._~-]{0,20}$/);
    const wrote = fc.array(fc.tuple(fc.oneof(name, fc.constantFrom('__proto__', 'constructor')), value), {
      maxLength: 6,
    });
    const reads = (parse: typeof parseCookies) =>
      fc.property(
        wrote,
        fc.array(
          noise.filter((text) => !text.includes('=')),
          { maxLength: 3 },
        ),
        (pairs, strays) => {
          const text = [...pairs.map(([key, text]) => `${key}=${text}`), ...strays].join('; ');
          const last = new Map(pairs);
          const cookies = parse(text);
          for (const [key, text] of last) expect(cookies.get(key)).toBe(text);
          expect(({} as Record<string, unknown>).polluted).toBeUndefined();
        },
      );
    fc.assert(reads(parseCookies), BOUND);
    const splitsAtEveryEquals: typeof parseCookies = (text) =>
      new Map(
        (text ?? '').split(',').map((pair) => [pair.split('=')[0]?.trim() ?? '', pair.split('=')[1] ?? '']),
      );
    expect(fc.check(reads(splitsAtEveryEquals), FIND).failed).toBe(true);
  });

  it('digests like SHA-256 does', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(digestOf(text).toString('hex')).toBe(createHash('sha256').update(text, 'utf8').digest('hex'));
      }),
      { numRuns: 200 },
    );
  });
});
