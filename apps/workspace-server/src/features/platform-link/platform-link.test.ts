// Tests of the platform link over real sockets: rotated settings, and who is cut off.

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLog } from '@molecule/kit';
import { fakeClock } from '@molecule/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RevocationFollower, refreshEnvironment } from './index.ts';

let server: Server;
let url: string;
let handle: RequestListener;
let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'molecule-link-'));
  server = createServer((request, response) => handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await rm(dir, { recursive: true, force: true });
});

const env = () => ({
  MOLECULE_ORG_ID: 'org-a',
  ADMIN_TOKEN: 'token',
  MOLECULE_CP_URL: url,
  MOLECULE_CP_SHARED_SECRET: 'old',
  PORT: '1',
});

describe('the settings of a hosted tenant', () => {
  it('[core.1.8-boot-refresh] are those that the platform rotated, and no others', async () => {
    let asked: unknown;
    handle = (request, response) => {
      asked = [request.url, request.headers.authorization, request.headers['x-molecule-org-id']];
      response.end(
        JSON.stringify({
          MOLECULE_CP_SHARED_SECRET: 'new',
          PORT: '2',
          ADMIN_TOKEN: 'stolen',
          MOLECULE_EDGE_KEY: '',
        }),
      );
    };
    const { env: fresh, trouble } = await refreshEnvironment(env());
    expect(asked).toEqual(['/cp/tenants/config', 'Bearer token', 'org-a']);
    expect([
      fresh.MOLECULE_CP_SHARED_SECRET,
      fresh.PORT,
      fresh.ADMIN_TOKEN,
      fresh.MOLECULE_EDGE_KEY,
      trouble,
    ]).toEqual(['new', '1', 'token', undefined, null]);
  });

  it.each<[string, RequestListener]>([
    ['is away', (request) => request.socket.destroy()],
    ['answers 500', (_, response) => response.writeHead(500).end('{}')],
    ['answers rubbish', (_, response) => response.end('<html>')],
    [
      'answers too much',
      (_, response) => response.end(JSON.stringify({ MOLECULE_CP_SHARED_SECRET: 'x'.repeat(70_000) })),
    ],
    ['leads elsewhere', (_, response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end()],
  ])('[core.1.8-boot-refresh] stay as they were when the platform %s', async (_, listener) => {
    handle = listener;
    const { env: fresh, trouble } = await refreshEnvironment(env());
    expect(fresh).toEqual(env());
    expect(trouble).toEqual(expect.any(String));
  });

  it('are asked of nobody on a self-hosted tenant', async () => {
    const own = { PORT: '1', ADMIN_TOKEN: 'token' };
    expect(await refreshEnvironment(own, () => Promise.reject(new Error('asked')))).toEqual({
      env: own,
      trouble: null,
    });
  });
});

describe('a revocation', () => {
  const open = (ended: string[] = [], clock = fakeClock()) => {
    const follower = new RevocationFollower({
      platformUrl: url,
      orgId: 'org-a',
      adminToken: 'token',
      file: join(dir, 'heard'),
      clock,
      log: createLog({ level: 'silent' }),
      endAllSessions: async () => ended.push('all'),
      endSessionsOf: async (subject) => ended.push(subject),
    });
    return { follower, ended, clock };
  };

  it('ends the sessions, and is not asked for again (N1, N2)', async () => {
    const asked: string[] = [];
    handle = (request, response) => {
      asked.push(request.url ?? '');
      response.write(': following\n\nid: 7\ndata: {"seq":7,"kind":"membership","sub');
      response.end('ject":"u","at":"x"}\n\n');
    };
    const { follower, ended } = open();
    await follower.run(new AbortController().signal);
    expect(ended).toEqual(['u']);
    expect(await readFile(join(dir, 'heard'), 'utf8')).toBe('7');
    await follower.run(new AbortController().signal);
    expect(asked).toEqual(['/cp/tenants/revocations?after=0', '/cp/tenants/revocations?after=7']);
  });

  it.each<[string, string]>([
    ['{"seq":8,"kind":"user","subject":"u"}', 'u'],
    ['{"seq":8,"kind":"org_suspended","subject":"org-a"}', 'all'],
    ['{"seq":8,"kind":"membership"}', 'all'],
    ['{"seq":8,"kind":"something new","subject":"u"}', 'all'],
  ])('told as %s ends the sessions of %s', async (line, whose) => {
    handle = (_, response) => response.end(`data: ${line}\n\n`);
    const { follower, ended } = open();
    await follower.run(new AbortController().signal);
    expect(ended).toEqual([whose]);
  });

  it('leaves sessions alone while the platform is away, for a day (N3)', async () => {
    handle = (request) => request.socket.destroy();
    const { follower, ended, clock } = open();
    const look = () => follower.run(new AbortController().signal).catch(() => {});
    await look();
    await clock.advance(23 * 3_600_000);
    await look();
    expect(ended).toHaveLength(0);
    await clock.advance(2 * 3_600_000);
    await look();
    await look();
    expect(ended).toHaveLength(1);
  });
});
