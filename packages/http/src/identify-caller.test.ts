// Who is calling: only a credential says so, and the first one counts.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CredentialMatch, createIdentifier, digestOf, parseBearer } from './identify-caller.ts';
import { parseCookies } from './parse-cookies.ts';

const HOST = 'tenant.example:8080';

const bearers: Record<string, CredentialMatch> = {
  'ws-token': { kind: 'workspace', tokenId: 't1', workspaceId: 'w1', isWorkspaceRemoved: false },
  'gone-token': { kind: 'workspace', tokenId: 't2', workspaceId: 'w2', isWorkspaceRemoved: true },
  'org-token': { kind: 'org_token', tokenId: 't3', prefix: 'org-toke', orgId: 'o1' },
};

function identifier(
  options: { isOpen?: boolean; adminToken?: string | null; isDatabaseDown?: boolean } = {},
) {
  const find = <T>(table: Record<string, T>, digest: Buffer): T | null =>
    Object.entries(table).find(([secret]) => digestOf(secret).equals(digest))?.[1] ?? null;
  const guard = async <T>(read: () => T): Promise<T> => {
    if (options.isDatabaseDown) throw new Error('the database is not available');
    return read();
  };
  return createIdentifier({
    store: {
      findBearer: (digest) => guard(() => find(bearers, digest)),
      findSession: (digest) => guard(() => find({ 'good-session': { sessionId: 's1' } }, digest)),
    },
    adminTokenDigest: options.adminToken === null ? null : digestOf(options.adminToken ?? 'admin-secret'),
    isOpen: options.isOpen ?? false,
    sessionCookieNames: ['__Host-molecule', 'molecule'],
  });
}

const withCookie = (cookie: string, more: Record<string, string> = {}) =>
  identifier()({ headers: { host: HOST, cookie, ...more } });
const withBearer = (value: string) => identifier()({ headers: { host: HOST, authorization: value } });

describe('a bearer', () => {
  it.each([
    ['Bearer admin-secret', 'admin'],
    ['Bearer ws-token', 'workspace'],
    ['Bearer   ws-token  ', 'workspace'],
    ['Bearer org-token', 'org_token'],
    ['Bearer gone-token', 'removed_workspace'],
    ['Bearer nobody-knows', 'invalid'],
    ['bearer ws-token', 'anonymous'],
    ['BEARER ws-token', 'anonymous'],
    ['Bearer\tws-token', 'anonymous'],
    ['Bearer', 'anonymous'],
    ['Bearer ', 'anonymous'],
    ['Basic d3M6dG9rZW4=', 'anonymous'],
    ['ws-token', 'anonymous'],
    ['', 'anonymous'],
  ])('"%s" is %s', async (header, kind) => {
    expect((await withBearer(header)).kind).toBe(kind);
  });

  it('counts by the first Authorization header, whatever its spelling', async () => {
    const call = (rawHeaders: string[]) =>
      identifier()({ headers: { host: HOST, authorization: 'Bearer admin-secret' }, rawHeaders });
    const workspaceFirst = ['authorization', 'Bearer ws-token', 'Authorization', 'Bearer admin-secret'];
    expect((await call(workspaceFirst)).kind).toBe('workspace');
    expect((await call(['AUTHORIZATION', 'Basic x', 'authorization', 'Bearer admin-secret'])).kind).toBe(
      'anonymous',
    );
  });

  it('that is wrong is not rescued by a good cookie', async () => {
    expect((await withCookie('molecule=good-session', { authorization: 'Bearer wrong' })).kind).toBe(
      'invalid',
    );
  });

  it('from another carrier comes before the header', async () => {
    const caller = await identifier()({
      headers: { authorization: 'Bearer admin-secret' },
      bearer: 'ws-token',
    });
    expect(caller.kind).toBe('workspace');
  });

  it('of the admin does not exist on a server that has none', async () => {
    const caller = await identifier({ adminToken: null, isOpen: true })({
      headers: { authorization: 'Bearer admin-secret' },
    });
    expect(caller).toEqual({ kind: 'invalid', isOpen: true, via: 'bearer' });
  });

  it('names whose token it is, from the store and not from the request', async () => {
    const caller = await identifier()({
      headers: {
        host: HOST,
        authorization: 'Bearer ws-token',
        'x-workspace-id': 'w9',
        referer: `http://${HOST}/`,
      },
    });
    expect(caller).toEqual({ kind: 'workspace', workspaceId: 'w1', tokenId: 't1' });
  });

  it('that cannot be checked is a failure, not a refusal', async () => {
    const identify = identifier({ isDatabaseDown: true });
    await expect(identify({ headers: { authorization: 'Bearer ws-token' } })).rejects.toThrow(
      /not available/,
    );
    await expect(identify({ headers: { host: HOST, cookie: 'molecule=good-session' } })).rejects.toThrow();
    expect((await identify({ headers: { authorization: 'Bearer admin-secret' } })).kind).toBe('admin');
  });
});

describe('a session cookie', () => {
  it('signs in the browser that has it', async () => {
    expect(await withCookie('theme=dark; molecule=good-session')).toEqual({
      kind: 'session',
      sessionId: 's1',
    });
    expect((await withCookie('__Host-molecule=good-session')).kind).toBe('session');
  });

  it('that ended counts as a wrong credential', async () => {
    expect(await withCookie('molecule=old')).toEqual({ kind: 'invalid', isOpen: false, via: 'cookie' });
  });

  it.each<[string, Record<string, string>]>([
    ['another origin', { origin: 'https://evil.example' }],
    ['an opaque origin', { origin: 'null' }],
    ['rubbish for an origin', { origin: 'tenant.example' }],
    ['another port of the same host', { origin: 'http://tenant.example:9090' }],
    ['a cross-site fetch', { 'sec-fetch-site': 'cross-site' }],
    ['a sibling subdomain', { 'sec-fetch-site': 'same-site' }],
  ])('counts for nothing on a request from %s', async (_name, headers) => {
    expect((await withCookie('molecule=good-session', headers)).kind).toBe('anonymous');
  });

  it.each<[string, Record<string, string>]>([
    ['its own page', { origin: `http://${HOST}`, 'sec-fetch-site': 'same-origin' }],
    ['the address bar', { 'sec-fetch-site': 'none' }],
  ])('counts on a request from %s', async (_name, headers) => {
    expect((await withCookie('molecule=good-session', headers)).kind).toBe('session');
  });

  it('cannot be replaced by an origin or a referer: they only deny', async () => {
    const caller = await identifier()({
      headers: {
        host: HOST,
        origin: `http://${HOST}`,
        referer: `http://${HOST}/`,
        'sec-fetch-site': 'same-origin',
      },
    });
    expect(caller.kind).toBe('anonymous');
  });
});

describe('parsers of credentials', () => {
  it('read any text without failing', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const bearer = parseBearer(text);
        expect(bearer === null || bearer.trim() === bearer).toBe(true);
        for (const name of parseCookies(text).keys()) expect(name).not.toMatch(/[;=]/);
      }),
    );
  });
});
