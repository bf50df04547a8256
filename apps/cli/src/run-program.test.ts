// The command line: what it asks a server, what it prints, and how it ends.

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { runProgram } from './build-program.ts';

interface Asked {
  method: string | undefined;
  url: string | undefined;
  authorization: string | undefined;
  body: string;
}

let server: Server;
let url: string;
let asked: Asked[] = [];
let answer: { status: number; body?: unknown } = { status: 200 };

beforeAll(async () => {
  server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const { method, url: path, headers } = request;
    asked.push({ method, url: path, authorization: headers.authorization, body });
    response.writeHead(answer.status, { 'content-type': 'application/json' });
    response.end(answer.body === undefined ? '' : JSON.stringify(answer.body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));
beforeEach(() => {
  asked = [];
  answer = { status: 200, body: { ok: true } };
});

async function run(args: readonly string[], typed: string | null = null) {
  let out = '';
  let err = '';
  const code = await runProgram(['--url', url, ...args], {
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    ask: async (question) => {
      err += question;
      return typed;
    },
    env: { CP_ADMIN_API_TOKEN: 'the-token' },
  });
  return { code, out, err };
}

describe('a verb', () => {
  it('asks the platform with the token, and prints a list', async () => {
    const row = { slug: 'acme', status: 'running', instance_status: 'running', created_at: 'today' };
    answer = { status: 200, body: { orgs: [row] } };
    const { code, out } = await run(['orgs', 'list', '--limit', '7']);
    expect([code, asked[0]?.method, asked[0]?.url]).toEqual([0, 'GET', '/cp/admin/orgs?limit=7']);
    expect(asked[0]?.authorization).toBe('Bearer the-token');
    expect(out).toMatch(/^slug +status .*\nacme +running/);
    expect(JSON.parse((await run(['--json', 'orgs', 'list'])).out)).toEqual({ orgs: [row] });
  });

  it('sends what was said and nothing else', async () => {
    await run(['tenants', 'pin', 'acme', '--reason', 'holidays']);
    await run(['tenants', 'unpin', 'acme']);
    await run(['keys', 'create', 'shop', 'nightly', '--scopes', 'orgs:read, orgs:create', '--days', '30']);
    await run(['keys', 'create', 'shop', 'nightly', '--test']);
    expect(asked.map(({ url: path }) => path)).toEqual([
      '/cp/admin/orgs/acme/pin',
      '/cp/admin/orgs/acme/pin',
      '/cp/admin/partner-keys',
      '/cp/admin/partner-keys',
    ]);
    expect(asked.map(({ body }) => JSON.parse(body))).toEqual([
      { reason: 'holidays' },
      { image: null },
      { partner_id: 'shop', name: 'nightly', scopes: ['orgs:read', 'orgs:create'], expires_in_days: 30 },
      { partner_id: 'shop', name: 'nightly', scopes: ['orgs:read'], is_test: true },
    ]);
  });

  it('cannot be led elsewhere by what is typed as a name', async () => {
    await run(['orgs', 'usage', '../admin/stats?x=']);
    expect(asked[0]?.url).toBe('/cp/orgs/..%2Fadmin%2Fstats%3Fx%3D/usage');
  });
});

describe('a dangerous verb', () => {
  it('does nothing until its name is typed', async () => {
    expect(await run(['orgs', 'delete', 'acme'], 'acm')).toMatchObject({ code: 2 });
    expect(await run(['orgs', 'delete', 'acme'], null)).toMatchObject({ code: 2 });
    expect(asked).toEqual([]);
    answer = { status: 204 };
    const { code, out, err } = await run(['orgs', 'delete', 'acme'], 'acme\n');
    expect([code, out]).toEqual([0, 'done\n']);
    expect(err).toContain('Nothing brings it back');
    expect(JSON.parse(asked[0]?.body ?? '')).toEqual({ confirm: 'acme' });
  });

  it('is done at once with --yes, and a dry run is none', async () => {
    await run(['--yes', 'orgs', 'suspend', 'acme']);
    await run(['rollouts', 'start', '--dry-run', '--batch', '5']);
    expect(asked.map(({ url: path }) => path)).toEqual([
      '/cp/orgs/acme/suspend',
      '/cp/admin/tenants/redeploy-fleet',
    ]);
    expect(JSON.parse(asked[1]?.body ?? '')).toMatchObject({ dry_run: true, batch_size: 5 });
  });
});

describe('an end', () => {
  it.each([
    [['orgs'], 2],
    [['orgs', 'lst'], 2],
    [['orgs', 'show'], 2],
    [['orgs', 'list', '--limit', '0'], 2],
    [['orgs', 'list', '--limit', 'ten'], 2],
    [['nothing'], 2],
    [['--help'], 0],
    [['orgs', 'delete', '--help'], 0],
  ])('of %j is %i', async (args, code) => {
    expect((await run(args)).code).toBe(code);
    expect(asked).toEqual([]);
  });

  it('that is a refusal says why, without the token', async () => {
    answer = { status: 409, body: { error: 'the organisation is being deleted', code: 'conflict' } };
    const { code, out, err } = await run(['orgs', 'resume', 'acme']);
    expect([code, out]).toEqual([1, '']);
    expect(err).toBe('the organisation is being deleted (409).\n');
    expect(err).not.toContain('the-token');
  });

  it('is another one when nobody is there', async () => {
    const { code, err } = await run(['--url', 'http://127.0.0.1:9', 'fleet', 'stats']);
    expect(code).toBe(3);
    expect(err).toMatch(/^http:\/\/127\.0\.0\.1:9 was not reached/);
  });
});
