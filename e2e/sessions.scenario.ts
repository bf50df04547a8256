// Sessions: which browsers are signed in is listed without a secret, and each can be signed out at once by any admin.

import { createHash } from 'node:crypto';
import { LIMITS } from '@molecule/domain';
import { Db } from '@molecule/postgres';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { verifies } from './requirements.ts';
import { type ScenarioTenant, startScenarioTenant } from './support/tenant.ts';

interface Session {
  id: string;
  opened_by: string;
  subject?: string;
  device?: string;
  created_at: string;
  expires_at: string;
  is_current: boolean;
}

let tenant: ScenarioTenant;

beforeAll(async () => {
  tenant = await startScenarioTenant();
});
afterAll(() => tenant?.stop());
beforeEach(() => tenant.asAdmin('/admin/sessions/revoke-others', { method: 'POST' }));

const cookieOf = (answer: { headers: Headers }) =>
  (answer.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
const bearer = () => ({ authorization: `Bearer ${tenant.adminToken}` });

async function signIn(device: string): Promise<string> {
  const headers = { 'user-agent': device };
  const body = { token: tenant.adminToken };
  return cookieOf(await tenant.call('/auth/sign-in', { method: 'POST', headers, body }));
}

async function openLink(device: string, body?: { subject: string }): Promise<string> {
  const { url } = await tenant.asAdmin<{ url: string }>('/admin/sign-in-links', { method: 'POST', body });
  const { pathname, search } = new URL(url);
  return cookieOf(await tenant.call(pathname + search, { headers: { 'user-agent': device } }));
}

async function list(cookie?: string): Promise<Session[]> {
  const headers = cookie === undefined ? bearer() : { cookie };
  const { status, text } = await tenant.call('/admin/sessions', { headers });
  expect(status).toBe(200);
  const { sessions, count } = JSON.parse(text) as { sessions: Session[]; count: number };
  expect(count).toBe(sessions.length);
  return sessions;
}

const statusOf = async (cookie: string) =>
  (await tenant.call('/admin/sessions', { headers: { cookie } })).status;

describe('sessions of browsers', () => {
  it(
    verifies(
      'core.2.8-admin-sessions',
      'are listed newest first: how each was opened, on what, and which one asks',
    ),
    async () => {
      const first = await openLink('Browser One');
      const second = await signIn('Browser \tTwo');
      await openLink('x'.repeat(LIMITS.sessionDeviceChars + 1), { subject: 'person-1' });
      const shown = (await list(second)).map(({ opened_by, subject, device, is_current }) => [
        opened_by,
        subject,
        device,
        is_current,
      ]);
      expect(shown).toEqual([
        ['platform', 'person-1', 'x'.repeat(LIMITS.sessionDeviceChars), false],
        ['token', undefined, 'Browser Two', true],
        ['link', undefined, 'Browser One', false],
      ]);
      expect((await list(first)).filter(({ is_current }) => is_current)).toHaveLength(1);
      expect((await list()).some(({ is_current }) => is_current)).toBe(false);
      const text = JSON.stringify(await list(first));
      for (const cookie of [first, second]) expect(text).not.toContain(cookie.split('=')[1]);
      const [{ created_at, expires_at } = { created_at: '', expires_at: '' }] = await list();
      const days = (Date.parse(expires_at) - Date.parse(created_at)) / (24 * 3_600_000);
      expect(days).toBeCloseTo(30, 3);
    },
  );

  it(verifies('core.2.8-admin-sessions', 'are kept as digests alone'), async () => {
    const cookie = await signIn('Browser');
    const token = cookie.split('=')[1] ?? '';
    const db = new Db({
      host: `${tenant.dataDir}/run`,
      port: 5432,
      user: 'molecule',
      database: 'molecule',
      maxConnections: 1,
    });
    try {
      const rows = await db.query<{ digest: Buffer; whole: string }>(
        'select digest, s::text as whole from sessions s where revoked_at is null',
      );
      expect(rows.map(({ digest }) => digest.toString('hex'))).toEqual([
        createHash('sha256').update(token).digest('hex'),
      ]);
      expect(rows[0]?.whole).not.toContain(token);
    } finally {
      await db.end();
    }
  });

  it(verifies('core.2.8-admin-sessions', 'are signed out one by one, once'), async () => {
    const [kept, gone] = [await signIn('Kept'), await signIn('Gone')];
    const id = (await list()).find(({ device }) => device === 'Gone')?.id ?? '';
    const end = (sessionId: string) =>
      tenant.call(`/admin/sessions/${sessionId}`, { method: 'DELETE', headers: { cookie: kept } });
    const ended = await end(id.toUpperCase());
    expect([ended.status, JSON.parse(ended.text)]).toEqual([200, { revoked: id }]);
    expect([await statusOf(gone), await statusOf(kept)]).toEqual([401, 200]);
    for (const other of [id, crypto.randomUUID(), 'no-id']) {
      const answer = await end(other);
      expect([answer.status, JSON.parse(answer.text).error]).toEqual([
        404,
        'session not found or already ended',
      ]);
    }
    expect((await list()).map(({ device }) => device)).toEqual(['Kept']);
  });

  it(
    verifies('core.2.8-admin-sessions', 'are signed out all at once, but for the one that asks'),
    async () => {
      const [own, other, third] = [await signIn('Own'), await signIn('Other'), await openLink('Third')];
      const answer = await tenant.call('/admin/sessions/revoke-others', {
        method: 'POST',
        headers: { cookie: own },
      });
      expect(JSON.parse(answer.text)).toEqual({ revoked: 2 });
      expect([await statusOf(own), await statusOf(other), await statusOf(third)]).toEqual([200, 401, 401]);
      expect(await tenant.asAdmin('/admin/sessions/revoke-others', { method: 'POST' })).toEqual({
        revoked: 1,
      });
      expect(await statusOf(own)).toBe(401);
    },
  );

  it(
    verifies('core.2.8-admin-sessions', 'that were opened for somebody say so only in good words'),
    async () => {
      for (const subject of ['', 'x'.repeat(201), 7]) {
        const answer = await tenant.call('/admin/sign-in-links', {
          method: 'POST',
          headers: bearer(),
          body: { subject },
        });
        expect([answer.status, JSON.parse(answer.text).error]).toEqual([400, 'invalid request body']);
      }
    },
  );
});
