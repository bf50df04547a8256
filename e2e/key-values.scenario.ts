// Keys and values of a workspace: versions, time to live, and the words of every refusal.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  addExternalAgent,
  type ExternalAgent,
  type ScenarioTenant,
  startScenarioTenant,
  until,
} from './support/tenant.ts';

let tenant: ScenarioTenant;
let agent: ExternalAgent;

beforeAll(async () => {
  tenant = await startScenarioTenant();
  agent = await addExternalAgent(tenant, 'agent');
});

afterAll(() => tenant?.stop());

async function call(method: string, rest: string, body?: unknown) {
  const answer = await tenant.call(`/workspaces/${agent.id}/memory${rest}`, {
    method,
    headers: { authorization: `Bearer ${agent.token}` },
    ...(body === undefined ? {} : { body }),
  });
  return { status: answer.status, body: JSON.parse(answer.text) };
}

const key = () => `key-${crypto.randomUUID()}`;

describe('a key', () => {
  it('keeps any JSON value, and grows a version with every write', async () => {
    const name = key();
    const values = [{ a: [1, null] }, 'text', 0, false, null, [], 1.5e10, ''];
    for (const [i, value] of values.entries()) {
      expect(await call('POST', '', { key: name, value })).toEqual({
        status: 200,
        body: { status: 'ok', key: name, version: i + 1 },
      });
      expect(await call('GET', `/${name}`)).toEqual({
        status: 200,
        body: { key: name, value, version: i + 1, updated_at: expect.any(String) },
      });
    }
  });

  it.each(['a/b', 'with space', 'ключ', '%2F', 'a?b#c', '🙂', 'x'.repeat(256)])(
    'may be called %j',
    async (name) => {
      expect((await call('POST', '', { key: name, value: name })).status).toBe(200);
      expect((await call('GET', `/${encodeURIComponent(name)}`)).body.value).toBe(name);
      expect((await call('DELETE', `/${encodeURIComponent(name)}`)).body).toEqual({ status: 'deleted' });
      expect((await call('GET', `/${encodeURIComponent(name)}`)).status).toBe(404);
    },
  );

  it('is listed in order, without what expired', async () => {
    const other = await addExternalAgent(tenant, 'lister');
    agent = other;
    for (const name of ['b', 'a', 'B']) await call('POST', '', { key: name, value: 1 });
    await call('POST', '', { key: 'gone', value: 1, ttl_seconds: 1 });
    const listed = await call('GET', '');
    expect(listed.body.map((row: { key: string }) => row.key)).toEqual(['B', 'a', 'b', 'gone']);
    expect(listed.body[3].expires_at).toMatch(/Z$/);
    await until('the key expired', async () => (await call('GET', '/gone')).status === 404);
    expect((await call('GET', '')).body).toHaveLength(3);
  });

  it('that expired counts as absent for versions', async () => {
    const name = key();
    await call('POST', '', { key: name, value: 1 });
    await call('POST', '', { key: name, value: 2, ttl_seconds: 1 });
    await until('the key expired', async () => (await call('GET', `/${name}`)).status === 404);
    expect((await call('POST', '', { key: name, value: 3, if_match_version: 0 })).body.version).toBe(1);
  });

  it('loses its time to live with a write that names none', async () => {
    const name = key();
    await call('POST', '', { key: name, value: 1, ttl_seconds: 3600 });
    expect((await call('GET', `/${name}`)).body.expires_at).toBeDefined();
    await call('POST', '', { key: name, value: 1 });
    expect((await call('GET', `/${name}`)).body.expires_at).toBeUndefined();
  });

  it('is written at a version or not at all', async () => {
    const name = key();
    const mismatch = 'if_match_version mismatch';
    const set = (version: number) =>
      call('POST', '', { key: name, value: version, if_match_version: version });
    expect(await set(3)).toMatchObject({
      status: 409,
      body: { error: `${mismatch}: key does not exist`, expected_version: 3, current_version: null },
    });
    expect((await set(0)).body.version).toBe(1);
    expect(await set(0)).toMatchObject({
      status: 409,
      body: { error: mismatch, expected_version: 0, current_version: 1 },
    });
    expect((await set(1)).body.version).toBe(2);
    const race = await Promise.all(Array.from({ length: 8 }, () => set(2)));
    expect(race.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409, 409, 409, 409, 409]);
  });

  it.each([
    ['no body', undefined, 400, 'invalid request body'],
    ['no key', { value: 1 }, 400, 'key is required'],
    ['an empty key', { key: '', value: 1 }, 400, 'key is required'],
    ['a key of a wrong type', { key: 1, value: 1 }, 400, 'invalid request body'],
    ['a long key', { key: 'x'.repeat(257), value: 1 }, 400, 'key must be <= 256 characters'],
    ['no value', { key: 'k' }, 400, 'invalid request body'],
    ['no time to live', { key: 'k', value: 1, ttl_seconds: 0 }, 400, 'invalid request body'],
    ['a negative time to live', { key: 'k', value: 1, ttl_seconds: -1 }, 400, 'invalid request body'],
    ['a negative version', { key: 'k', value: 1, if_match_version: -1 }, 400, 'invalid request body'],
    [
      'too large a value',
      { key: 'k', value: 'x'.repeat(256 * 1024 - 1) },
      413,
      'request body is larger than 262144 bytes',
    ],
  ])('is refused with %s', async (_name, body, status, error) => {
    const answer = await call('POST', '', body);
    expect([answer.status, answer.body.error]).toEqual([status, error]);
  });

  it('takes the largest value', async () => {
    const value = 'x'.repeat(256 * 1024 - 2);
    expect((await call('POST', '', { key: 'large', value })).status).toBe(200);
    expect((await call('GET', '/large')).body.value).toBe(value);
  });

  it('is deleted whether or not it is there, and an absent one is not found', async () => {
    expect(await call('DELETE', `/${key()}`)).toEqual({ status: 200, body: { status: 'deleted' } });
    expect(await call('GET', `/${key()}`)).toMatchObject({ status: 404, body: { error: 'key not found' } });
  });
});
