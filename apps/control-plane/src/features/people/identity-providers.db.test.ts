// Tests of sign-in by a provider, against a certified implementation of OpenID Connect on loopback.

import { generateKeyPairSync } from 'node:crypto';
import { createServer as createHttpServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createServer, digestOf } from '@molecule/http';
import { createLog, generateSealingKey, parseSealingKey, Secret } from '@molecule/kit';
import { fakeClock, type TestDatabase, testDatabase } from '@molecule/testkit';
import type { FastifyInstance } from 'fastify';
import Provider, { type KoaContextWithOIDC } from 'oidc-provider';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createPlatformBinder } from '../../access/platform-binder.ts';
import { IdentityProviders } from './identity-providers.ts';
import { Passwords } from './password.ts';
import { PgPersonStore } from './person-store.pg.ts';
import { bindPeopleRoutes } from './routes.ts';

const MIGRATIONS = join(import.meta.dirname, '../../../migrations');
const BASE_URL = 'http://localhost:9999';
const BEGIN = '/cp/auth/providers/company/sign-in';
const log = createLog({ level: 'silent' });
const clock = fakeClock(Date.now());
const key = parseSealingKey(generateSealingKey());
const jwk = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' });

/** Who signs in at the provider, and what it says of them. */
let who = 'alice';
const claims = new Map<string, Record<string, unknown>>();
let provider: Server;
let issuer: string;
let database: TestDatabase;
let people: PgPersonStore;
let app: FastifyInstance;
let isSignUpOpen = true;
let told = 0;

beforeAll(async () => {
  database = await testDatabase({ migrationsDir: MIGRATIONS });
  people = new PgPersonStore(database.db, clock);
  provider = createHttpServer();
  await new Promise<void>((done) => provider.listen(0, '127.0.0.1', done));
  issuer = `http://127.0.0.1:${(provider.address() as AddressInfo).port}`;
  provider.on('request', openProvider());
});
beforeEach(async () => {
  isSignUpOpen = true;
  who = 'alice';
  claims.clear();
  say('alice');
  await database.db.query('truncate users cascade');
  app = platform();
});
afterAll(async () => {
  provider?.closeAllConnections();
  provider?.close();
  await database?.stop();
});

function say(subject: string, more: Record<string, unknown> = {}): void {
  claims.set(subject, { email: `${subject}@example.test`, email_verified: true, name: subject, ...more });
}

function openProvider(): Parameters<Server['on']>[1] {
  const oidc: Provider = new Provider(issuer, {
    clients: [
      {
        client_id: 'platform',
        client_secret: 'a-secret-of-the-client',
        redirect_uris: [`${BASE_URL}/cp/auth/callback`],
      },
    ],
    jwks: { keys: [{ ...jwk, use: 'sig', alg: 'RS256', kid: 'one' }] },
    cookies: { keys: ['a-key-for-cookies'] },
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
    pkce: { required: () => true },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_, { uid }) => `/interaction/${uid}` },
    findAccount: async (_, id) => ({ accountId: id, claims: async () => ({ sub: id, ...claims.get(id) }) }),
    // Who signs in agrees.
    loadExistingGrant: async (ctx: KoaContextWithOIDC) => {
      const { client, session } = ctx.oidc;
      const grant = new oidc.Grant({ clientId: client?.clientId, accountId: session?.accountId });
      grant.addOIDCScope('openid email profile');
      await grant.save();
      return grant;
    },
  });
  const answer = oidc.callback();
  return ((request: never, response: never) => {
    const { url } = request as { url: string };
    if (!url.startsWith('/interaction/')) return answer(request, response);
    const result = who === 'nobody' ? { error: 'access_denied' } : { login: { accountId: who } };
    void oidc.interactionFinished(request, response, result);
  }) as never;
}

function platform(at = issuer): FastifyInstance {
  const made = createServer({ log, bodyLimitBytes: 10_000 });
  const { bind } = createPlatformBinder(
    made,
    async () => ({ kind: 'anonymous' }),
    async () => {},
    () => {},
  );
  bindPeopleRoutes(bind, {
    people,
    passwords: new Passwords(),
    providers: new IdentityProviders({
      providers: [
        {
          id: 'company',
          title: 'Company',
          issuer: at,
          clientId: 'platform',
          clientSecret: Secret.of('a-secret-of-the-client'),
        },
      ],
      clock,
      key,
      baseUrl: BASE_URL,
    }),
    log,
    clock,
    isHttps: false,
    appDomain: 'localhost',
    isSignUpAllowed: async () => isSignUpOpen,
    isMember: async () => false,
    tellTenants: () => told++,
  });
  return made;
}

const cookieNamed = (headers: Record<string, unknown>, name: string) =>
  [headers['set-cookie'] ?? []]
    .flat()
    .map(String)
    .find((text) => text.startsWith(`${name}=`));

async function begin(query = '') {
  const { statusCode, headers } = await app.inject(`${BEGIN}${query}`);
  const cookie = cookieNamed(headers, 'molecule_sign_in');
  return { statusCode, url: String(headers.location), cookie: cookie?.split(';')[0] ?? '', whole: cookie };
}

/** What a browser does at the provider; answers the query that it comes back with. */
async function walk(from: string): Promise<string> {
  const jar = new Map<string, string>();
  let url = from;
  for (let step = 0; step < 10; step++) {
    if (url.startsWith(`${BASE_URL}/cp/auth/callback`)) return new URL(url).search;
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(url, { redirect: 'manual', headers: { cookie } });
    for (const text of response.headers.getSetCookie()) {
      const [pair = ''] = text.split(';');
      const at = pair.indexOf('=');
      jar.set(pair.slice(0, at), pair.slice(at + 1));
    }
    const next = response.headers.get('location');
    if (next === null) throw new Error(`the provider answered ${response.status} ${await response.text()}`);
    url = new URL(next, url).href;
  }
  throw new Error('the provider leads round and round');
}

async function comeBack(search: string, cookie: string) {
  const { statusCode, headers } = await app.inject({
    url: `/cp/auth/callback${search}`,
    headers: cookie === '' ? {} : { cookie },
  });
  const session = cookieNamed(headers, 'molecule_session') ?? cookieNamed(headers, sessionName);
  return {
    statusCode,
    location: String(headers.location),
    session,
    flow: cookieNamed(headers, 'molecule_sign_in'),
  };
}

/** As the password's session is called. */
let sessionName = '';
async function makeAccount(email: string) {
  const answer = await app.inject({
    method: 'POST',
    url: '/cp/auth/accounts',
    payload: { email, password: 'a password for tests' },
  });
  expect(answer.statusCode).toBe(201);
  const [pair = ''] = String([answer.headers['set-cookie']].flat()[0]).split(';');
  const at = pair.indexOf('=');
  sessionName = pair.slice(0, at);
  return { userId: answer.json().user_id as string, session: pair.slice(at + 1) };
}
beforeAll(async () => {
  app = platform();
  await makeAccount('first@example.test');
});

async function signIn(subject: string, query = '') {
  who = subject;
  const { url, cookie } = await begin(query);
  return comeBack(await walk(url), cookie);
}

async function personOf({ session }: { session: string | undefined }) {
  const value = session?.split(';')[0]?.split('=')[1] ?? '';
  return (await people.findSession(digestOf(value)))?.person ?? null;
}
const troubleIn = (location: string) => new URL(location, BASE_URL).searchParams.get('trouble');

describe('sign-in by a provider', () => {
  it('makes an account of a verified address and leads where the browser wanted to go', async () => {
    const back = await signIn('alice', '?return_to=/orgs/acme');
    expect([back.statusCode, back.location]).toEqual([303, '/orgs/acme']);
    expect(back.session).toMatch(/HttpOnly; SameSite=Strict/);
    expect(back.flow).toMatch(/^molecule_sign_in=; .*Max-Age=0/);
    expect(await personOf(back)).toMatchObject({
      email: 'alice@example.test',
      name: 'alice',
      termsVersion: null,
    });
  });

  it('asks with PKCE, state and nonce, and keeps them from scripts', async () => {
    const { url, whole } = await begin();
    const asked = new URL(url).searchParams;
    expect([asked.get('code_challenge_method'), asked.get('redirect_uri')]).toEqual([
      'S256',
      `${BASE_URL}/cp/auth/callback`,
    ]);
    expect(whole).toMatch(/HttpOnly; SameSite=Lax; Max-Age=600/);
    for (const name of ['state', 'nonce']) expect(whole).not.toContain(asked.get(name));
  });

  it('knows a person by the subject when the address changed', async () => {
    const before = await personOf(await signIn('alice'));
    say('alice', { email: 'renamed@example.test', email_verified: false });
    expect((await personOf(await signIn('alice')))?.id).toBe(before?.id);
  });

  it('joins an account with a password, whose password and sessions end', async () => {
    const { userId, session } = await makeAccount('Alice@example.test');
    told = 0;
    expect((await personOf(await signIn('alice')))?.id).toBe(userId);
    expect(await people.findSession(digestOf(session))).toBeNull();
    expect(told).toBe(1);
    const payload = { email: 'alice@example.test', password: 'a password for tests' };
    expect((await app.inject({ method: 'POST', url: '/cp/auth/sessions', payload })).statusCode).toBe(401);
  });

  it('refuses another subject of the same issuer for an account that is joined', async () => {
    await signIn('alice');
    say('heir', { email: 'alice@example.test' });
    const back = await signIn('heir');
    expect([troubleIn(back.location), back.session]).toEqual(['address_taken', undefined]);
  });

  it.each([[false], [undefined], ['true']])(
    'refuses an address whose verification is %j',
    async (verified) => {
      const { userId } = await makeAccount('mallory@example.test');
      say('mallory', { email_verified: verified });
      const back = await signIn('mallory');
      expect([troubleIn(back.location), back.session]).toEqual(['email_unverified', undefined]);
      expect((await people.findByEmail('mallory@example.test'))?.id).toBe(userId);
      expect((await people.findByEmail('mallory@example.test'))?.passwordHash).not.toBeNull();
    },
  );

  it('makes no account of an address that may not sign up; one that has an account comes in', async () => {
    isSignUpOpen = false;
    expect(troubleIn((await signIn('alice')).location)).toBe('not_on_list');
    isSignUpOpen = true;
    await makeAccount('alice@example.test');
    isSignUpOpen = false;
    expect((await signIn('alice')).location).toBe('/');
  });

  it('says that the provider refused', async () => {
    expect(troubleIn((await signIn('nobody', '?return_to=/new')).location)).toBe('provider_refused');
  });
});

describe('a callback', () => {
  it('with another state, without the cookie, with a changed one or too late is refused', async () => {
    const { url, cookie } = await begin();
    const search = await walk(url);
    const other = search.replace(/state=[^&]+/, 'state=another');
    const changed = `${cookie.slice(0, -4)}AAAA`;
    for (const [query, sent] of [
      [other, cookie],
      [search, ''],
      [search, changed],
    ] as const)
      expect(troubleIn((await comeBack(query, sent)).location)).toBe('not_this_browser');
    await clock.advance(600_001);
    expect(troubleIn((await comeBack(search, cookie)).location)).toBe('not_this_browser');
  });

  it('of another browser is refused: nobody is signed in to the account of somebody else', async () => {
    const [mine, theirs] = [await begin(), await begin()];
    expect(troubleIn((await comeBack(await walk(theirs.url), mine.cookie)).location)).toBe(
      'not_this_browser',
    );
  });

  it('with the code of another way is refused by PKCE', async () => {
    const [mine, theirs] = [await begin(), await begin()];
    const code = new URLSearchParams(await walk(theirs.url)).get('code') ?? '';
    const search = new URLSearchParams(await walk(mine.url));
    search.set('code', code);
    expect(troubleIn((await comeBack(`?${search}`, mine.cookie)).location)).toBe('provider_refused');
  });

  it('that comes twice signs in once', async () => {
    const { url, cookie } = await begin();
    const search = await walk(url);
    expect((await comeBack(search, cookie)).location).toBe('/');
    const again = await comeBack(search, cookie);
    expect([troubleIn(again.location), again.session]).toEqual(['provider_refused', undefined]);
  });

  it('whose token has another nonce is refused', async () => {
    const { url, cookie } = await begin();
    const changed = new URL(url);
    changed.searchParams.set('nonce', 'another');
    const back = await comeBack(await walk(changed.href), cookie);
    expect([troubleIn(back.location), back.session]).toEqual(['provider_refused', undefined]);
  });

  it('that names another issuer is refused', async () => {
    const { url, cookie } = await begin();
    const search = new URLSearchParams(await walk(url));
    search.set('iss', 'https://evil.example');
    expect(troubleIn((await comeBack(`?${search}`, cookie)).location)).toBe('provider_refused');
  });
});

describe('the way back', () => {
  it.each([
    '//evil.example',
    '/\\evil.example',
    'https://evil.example/',
    'http://localhost:9999/orgs',
    'javascript:alert(1)',
    '/\t/evil.example',
  ])('does not lead to %j', async (address) => {
    expect((await begin(`?return_to=${encodeURIComponent(address)}`)).statusCode).toBe(400);
  });

  it('is for providers of the settings only', async () => {
    expect((await app.inject('/cp/auth/providers/other/sign-in')).statusCode).toBe(404);
  });
});

describe('a provider that is away', () => {
  it('is said at the beginning, and passwords go on', async () => {
    app = platform('http://127.0.0.1:9');
    expect((await begin('?return_to=/new')).url).toBe('/sign-in?trouble=provider_away&return_to=%2Fnew');
    await makeAccount('bob@example.test');
    const payload = { email: 'bob@example.test', password: 'a password for tests' };
    expect((await app.inject({ method: 'POST', url: '/cp/auth/sessions', payload })).statusCode).toBe(200);
  });

  it('is said at the end, and the same provider serves the next way', async () => {
    const { url, cookie } = await begin();
    const search = await walk(url);
    const { port } = provider.address() as AddressInfo;
    provider.closeAllConnections();
    await new Promise((done) => provider.close(done));
    expect(troubleIn((await comeBack(search, cookie)).location)).toBe('provider_away');
    await new Promise<void>((done) => provider.listen(port, '127.0.0.1', done));
    expect((await signIn('alice')).location).toBe('/');
  });
});
