// Organisation tokens: minted by people and by each other, shown once, listed with who made them, refused once revoked.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LIMITS, looksLikeToken } from '@molecule/domain';
import { Db } from '@molecule/postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifies } from './requirements.ts';
import {
  addExternalAgent,
  type ExternalAgent,
  type ScenarioTenant,
  startScenarioTenant,
  until,
} from './support/tenant.ts';

interface Minted {
  id: string;
  prefix: string;
  name?: string;
  auth_token: string;
  warning: string;
}

interface Row {
  id: string;
  prefix: string;
  name?: string;
  org_id?: string;
  created_by?: string;
  created_at: string;
  last_used_at?: string;
}

let tenant: ScenarioTenant;
let agent: ExternalAgent;

beforeAll(async () => {
  tenant = await startScenarioTenant();
  agent = await addExternalAgent(tenant, 'agent');
});

afterAll(() => tenant?.stop());

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const list = () => tenant.asAdmin<{ tokens: Row[]; count: number }>('/org/tokens');
const mint = (options: { headers?: Record<string, string>; body?: unknown } = {}, at = tenant) =>
  at.call('/org/tokens', { method: 'POST', headers: bearer(at.adminToken), ...options });

async function signIn(): Promise<Record<string, string>> {
  const answer = await tenant.call('/auth/sign-in', { method: 'POST', body: { token: tenant.adminToken } });
  return { cookie: (answer.headers.get('set-cookie') ?? '').split(';')[0] ?? '' };
}

describe('organisation tokens', () => {
  it(
    verifies(
      ['core.2.6-mint', 'core.2.6-list', 'core.2.6-created-by'],
      'are minted with and without a name, shown once, and signed by who made them',
    ),
    async () => {
      const named = JSON.parse((await mint({ body: { name: 'ci' } })).text) as Minted;
      expect(named).toEqual({
        id: expect.any(String),
        prefix: named.auth_token.slice(0, 8),
        name: 'ci',
        auth_token: expect.stringMatching(/^[A-Za-z0-9_-]{43}_o/),
        warning: expect.stringMatching(/./),
      });
      expect(looksLikeToken(named.auth_token)).toBe(true);
      const second = await mint({ headers: bearer(named.auth_token) });
      const nameless = JSON.parse(second.text) as Minted;
      expect([second.status, Object.keys(nameless)]).toEqual([
        200,
        ['id', 'prefix', 'auth_token', 'warning'],
      ]);
      const bySession = JSON.parse((await mint({ headers: await signIn() })).text) as Minted;
      // A cookie that proves nothing signs nothing.
      const headers = { ...bearer(tenant.adminToken), cookie: 'molecule_session=forged' };
      const byAdmin = JSON.parse((await mint({ headers })).text) as Minted;

      const { tokens, count } = await list();
      expect(count).toBe(4);
      expect(JSON.stringify(tokens)).not.toContain(named.auth_token);
      expect(tokens.map(({ id, created_by }) => [id, created_by])).toEqual([
        [byAdmin.id, 'admin-token'],
        [bySession.id, 'session'],
        [nameless.id, `org-token:${named.prefix}`],
        [named.id, 'admin-token'],
      ]);
      expect(tokens[0]).toEqual({
        id: byAdmin.id,
        prefix: byAdmin.prefix,
        created_by: 'admin-token',
        created_at: expect.any(String),
      });
      await until('its use is noted', async () => {
        const row = (await list()).tokens.find(({ id }) => id === named.id);
        return row?.name === 'ci' && row.last_used_at !== undefined;
      });
    },
  );

  it(
    verifies(
      ['core.2.1-org-token', 'core.2.4-admin-org-token', 'core.2.4-workspace-org-token', 'core.2.6-revoke'],
      'pass the gates of people and of every workspace, until they are revoked',
    ),
    async () => {
      const minted = JSON.parse((await mint()).text) as Minted;
      const paths = [
        '/workspaces',
        `/workspaces/${agent.id}/activity`,
        `/registry/${agent.id}/peers`,
        '/events',
      ];
      const statuses = () =>
        Promise.all(
          paths.map(async (path) => (await tenant.call(path, { headers: bearer(minted.auth_token) })).status),
        );
      expect(await statuses()).toEqual([200, 200, 200, 200]);
      const revoke = () =>
        tenant.call(`/org/tokens/${minted.id.toUpperCase()}`, {
          method: 'DELETE',
          headers: bearer(tenant.adminToken),
        });
      const first = await revoke();
      expect([first.status, JSON.parse(first.text)]).toEqual([200, { revoked: minted.id }]);
      expect(await statuses()).toEqual([401, 401, 401, 401]);
      const again = await revoke();
      expect([again.status, JSON.parse(again.text).error]).toEqual([
        404,
        'token not found or already revoked',
      ]);
      expect((await list()).tokens.some(({ id }) => id === minted.id)).toBe(false);
    },
  );

  it.each([crypto.randomUUID(), 'not-a-uuid'])(
    verifies('core.2.6-revoke', 'answer 404 for %s'),
    async (id) => {
      const answer = await tenant.call(`/org/tokens/${id}`, {
        method: 'DELETE',
        headers: bearer(tenant.adminToken),
      });
      expect([answer.status, JSON.parse(answer.text).error]).toEqual([
        404,
        'token not found or already revoked',
      ]);
    },
  );

  it(verifies('core.2.9-admin', 'are closed to a workspace'), async () => {
    for (const [path, method] of [
      ['/org/tokens', 'GET'],
      ['/org/tokens', 'POST'],
      ['/org/tokens/revoke-all', 'POST'],
    ]) {
      const answer = await tenant.call(path ?? '', { method, headers: bearer(agent.token) });
      expect([answer.status, JSON.parse(answer.text).error]).toEqual([401, 'invalid admin auth token']);
      const bare = await tenant.call(path ?? '', { method });
      expect([bare.status, JSON.parse(bare.text).error]).toEqual([401, 'admin auth required']);
    }
  });

  it(verifies('core.2.6-revoke-all', 'are all revoked at once, and counted'), async () => {
    const { count } = await list();
    expect(count).toBeGreaterThan(0);
    expect(await tenant.asAdmin('/org/tokens/revoke-all', { method: 'POST' })).toEqual({ revoked: count });
    expect(await list()).toEqual({ tokens: [], count: 0 });
    expect(await tenant.asAdmin('/org/tokens/revoke-all', { method: 'POST' })).toEqual({ revoked: 0 });
  });
});

describe('minting organisation tokens', () => {
  it(
    verifies(
      ['core.2.6-mint', 'core.1.4-org-tokens'],
      'takes names up to their length, ten times an hour from one address, and says so in the headers',
    ),
    async () => {
      const fresh = await startScenarioTenant();
      try {
        const atLimit = await mint({ body: { name: 'n'.repeat(LIMITS.orgTokenNameChars) } }, fresh);
        expect(atLimit.status).toBe(200);
        expect(atLimit.headers.get('x-ratelimit-limit')).toBe(String(LIMITS.orgTokenMintsPerHour));
        expect(atLimit.headers.get('x-ratelimit-remaining')).toBe('9');
        const refusals: [unknown, string][] = [
          [{ name: 'n'.repeat(LIMITS.orgTokenNameChars + 1) }, 'name too long (max 100 chars)'],
          [{ name: 7 }, 'invalid request body'],
          ['{', 'invalid request body'],
        ];
        for (const [body, error] of refusals) {
          const answer = await mint({ body }, fresh);
          expect([answer.status, JSON.parse(answer.text).error]).toEqual([400, error]);
        }
        // Only the first of those had reached the counter: the others were no requests to mint.
        for (let used = 2; used < LIMITS.orgTokenMintsPerHour; used++) {
          expect((await mint({}, fresh)).status).toBe(200);
        }
        const beyond = await mint({}, fresh);
        const wait = Number(beyond.headers.get('retry-after'));
        expect(wait).toBeGreaterThan(3_000);
        expect(wait).toBeLessThanOrEqual(3_600);
        expect([beyond.status, JSON.parse(beyond.text)]).toEqual([
          429,
          { error: 'rate limit exceeded', code: 'rate_limited', retry_after: wait },
        ]);
        expect(beyond.headers.get('x-ratelimit-remaining')).toBe('0');
        expect(beyond.headers.get('x-ratelimit-reset')).toBe(String(wait));
        const other = await fresh.call('/org/tokens', { headers: bearer(fresh.adminToken) });
        expect([other.status, other.headers.get('x-ratelimit-limit')]).toEqual([200, '100000000']);
      } finally {
        await fresh.stop();
      }
    },
  );

  it(
    verifies(
      'core.2.6-anchor',
      'that are anchored to an organisation anchor those that they mint, and no others do',
    ),
    async () => {
      const dataDir = await mkdtemp(join(tmpdir(), 'molecule-anchor-'));
      const first = await startScenarioTenant({}, { dataDir });
      const anchored = JSON.parse((await mint({ body: { name: 'anchored' } }, first)).text) as Minted;
      // As a token that was brought from a hosted tenant; no route makes one out of nothing.
      const db = new Db({ host: `${dataDir}/run`, port: 5432, user: 'molecule', database: 'molecule' });
      await db.query('update org_tokens set org_id = $2 where id = $1', [anchored.id, 'org-of-before']);
      await db.end();
      await first.stop();
      const fresh = await startScenarioTenant({}, { dataDir });
      try {
        const byAnchored = await mint(
          { headers: bearer(anchored.auth_token), body: { name: 'by anchored' } },
          fresh,
        );
        const { auth_token } = JSON.parse(byAnchored.text) as Minted;
        await mint({ headers: bearer(auth_token), body: { name: 'by its child' } }, fresh);
        await mint({ body: { name: 'by the admin' } }, fresh);
        const { tokens } = await fresh.asAdmin<{ tokens: Row[] }>('/org/tokens');
        expect(Object.fromEntries(tokens.map(({ name, org_id }) => [name, org_id]))).toEqual({
          anchored: 'org-of-before',
          'by anchored': 'org-of-before',
          'by its child': 'org-of-before',
          'by the admin': undefined,
        });
        expect(tokens.filter((row) => 'org_id' in row)).toHaveLength(3);
      } finally {
        await fresh.stop();
        await rm(dataDir, { recursive: true, force: true });
      }
    },
  );
});
