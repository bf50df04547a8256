// Start scenarios: what a stranger meets from the first command to the last Ctrl-C.

import { spawn } from 'node:child_process';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { freePort, startTenantProcess } from '../bench/tenant-process.ts';
import { verifies } from './requirements.ts';
import { allOnline, apiOf, listWorkspaces, message, until } from './support/api.ts';
import { processesOf } from './support/processes.ts';

const MAIN = join(import.meta.dirname, '../apps/workspace-server/dist/main.js');
const folders: string[] = [];

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'molecule-e2e-'));
  folders.push(folder);
  return folder;
}
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

/** Starts the server and waits for its end; for starts that must fail. */
async function failedStart(env: Record<string, string>): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, [MAIN], {
    env: { PATH: process.env.PATH ?? '', MOLECULE_EMPTY: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)));
  const code = await new Promise<number | null>((resolve) => child.once('exit', resolve));
  return { code, output };
}

describe('a first start', () => {
  it(
    verifies(
      ['start.demo', 'start.resume', 'start.stop', 'start.secrets', 'core.1.1-drain'],
      'brings up the demo, keeps it, and ends clean',
    ),
    async () => {
      const dataDir = await newFolder();
      const first = await startTenantProcess({ MOLECULE_EMPTY: '' }, { dataDir });
      const call = apiOf(first);
      const before = (await allOnline(call, 9)).map(({ id, name, parent_id }) => ({ id, name, parent_id }));
      expect((await stat(join(dataDir, 'admin-token'))).mode & 0o777).toBe(0o600);
      const [root] = before;
      expect((await stat(join(dataDir, `workspaces/ws-${root?.id}/configs/.auth_token`))).mode & 0o777).toBe(
        0o600,
      );

      const { url } = (await call('POST', '/admin/sign-in-links')).body as { url: string };
      const path = url.replace(/^https?:\/\/[^/]+/, '');
      const signedIn = await call('GET', path, undefined, { authorization: '' });
      expect(signedIn.status).toBe(303);
      const cookie = (signedIn.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
      expect(signedIn.headers.get('set-cookie')).toMatch(/HttpOnly; SameSite=Strict/);
      expect((await call('GET', '/workspaces', undefined, { authorization: '', cookie })).status).toBe(200);
      const again = await call('GET', path, undefined, { authorization: '' });
      expect(again.headers.get('set-cookie')).toBeNull();

      await first.stop();
      expect(processesOf(dataDir)).toEqual([]);

      const second = await startTenantProcess({ MOLECULE_EMPTY: '' }, { dataDir });
      const after = (await allOnline(apiOf(second), 9)).map(({ id, name, parent_id }) => ({
        id,
        name,
        parent_id,
      }));
      expect(after).toEqual(before);
      await second.stop();
      expect(processesOf(dataDir)).toEqual([]);
    },
  );

  it(verifies('start.empty', 'starts without an organisation when asked to'), async () => {
    const tenant = await startTenantProcess({ MOLECULE_EMPTY: '1' });
    expect(await listWorkspaces(apiOf(tenant))).toEqual([]);
    await tenant.stop();
  });
});

describe('a start that cannot be', () => {
  it(
    verifies(
      ['start.safe', 'core.1.1-closed-abroad'],
      'refuses to listen beyond loopback without ADMIN_TOKEN',
    ),
    async () => {
      const { code, output } = await failedStart({ HOST: '0.0.0.0', MOLECULE_DATA_DIR: await newFolder() });
      expect(code).toBe(1);
      expect(output).toMatch(/set ADMIN_TOKEN to a long random text, or HOST=127\.0\.0\.1/);
    },
  );

  it(
    verifies(['start.safe', 'core.2.2-loopback-only'], 'refuses development mode beyond loopback'),
    async () => {
      const { code, output } = await failedStart({
        HOST: '0.0.0.0',
        MOLECULE_ENV: 'development',
        MOLECULE_DATA_DIR: await newFolder(),
      });
      expect(code).toBe(1);
      expect(output).toMatch(/cannot listen on 0\.0\.0\.0/);
    },
  );

  it(verifies('start.refusals', 'says which port is in use and what to do'), async () => {
    const port = await freePort();
    const blocker = createServer().listen(port, '127.0.0.1');
    const dataDir = await newFolder();
    const { code, output } = await failedStart({ PORT: String(port), MOLECULE_DATA_DIR: dataDir });
    blocker.close();
    expect(code).toBe(1);
    expect(output).toMatch(new RegExp(`port ${port} is in use.*PORT=${port + 1} npm start`));
    expect(processesOf(dataDir)).toEqual([]);
  });

  it(verifies('start.refusals', 'refuses a data folder that another server uses'), async () => {
    const dataDir = await newFolder();
    const tenant = await startTenantProcess({}, { dataDir });
    const { code, output } = await failedStart({
      PORT: String(await freePort()),
      MOLECULE_DATA_DIR: dataDir,
    });
    expect(code).toBe(1);
    expect(output).toMatch(/is in use by process \d+/);
    expect((await apiOf(tenant)('GET', '/health')).status).toBe(200);
    await tenant.stop();
  });

  it(verifies('start.refusals', 'names every bad setting at once'), async () => {
    const { code, output } = await failedStart({
      PORT: 'eighty',
      LOG_LEVEL: 'loud',
      MOLECULE_DATA_DIR: await newFolder(),
    });
    expect(code).toBe(1);
    expect(output).toMatch(/PORT/);
    expect(output).toMatch(/LOG_LEVEL/);
  });
});

describe('who gets in', () => {
  it(verifies('auth.closed', 'answers 401 without a credential, but for the open routes'), async () => {
    const tenant = await startTenantProcess();
    const call = apiOf(tenant);
    const anonymous = { authorization: '' };
    for (const path of ['/workspaces', '/events', '/org/templates', '/canvas/tenant', '/admin/liveness']) {
      expect([path, (await call('GET', path, undefined, anonymous)).status]).toEqual([path, 401]);
    }
    for (const path of [
      '/health',
      '/health/ready',
      '/metrics',
      '/openapi.json',
      '/docs/api',
      '/canvas/viewport',
    ]) {
      expect([path, (await call('GET', path, undefined, anonymous)).status]).toEqual([path, 200]);
    }
    await tenant.stop();
  });

  it(verifies('start.open', 'is open in development mode and says so'), async () => {
    const tenant = await startTenantProcess({ MOLECULE_ENV: 'development' });
    const call = apiOf({ url: tenant.url, adminToken: '' });
    expect((await call('GET', '/workspaces')).status).toBe(200);
    expect((await call('GET', '/canvas/tenant')).body).toMatchObject({ is_open: true, mode: 'development' });
    await tenant.stop();
  });
});

describe('an agent that cannot start', () => {
  it(
    verifies('agent.config', 'says what is wrong in its config.yaml, and is not started again and again'),
    async () => {
      const tenant = await startTenantProcess();
      const call = apiOf(tenant);
      const broken = await call('POST', '/workspaces', {
        name: 'Broken',
        runtime: 'rehearsal',
        files: { 'config.yaml': 'name: "Broken\nruntime: [' },
      });
      const row = await until('the workspace failed', async () => {
        const { body } = await call('GET', `/workspaces/${broken.body.id}`);
        return body.status === 'failed' ? body : null;
      });
      expect(row.status_reason).toBe('config_invalid');
      expect(String(row.status_detail)).toMatch(/config\.yaml.*line/);
      await tenant.stop();
    },
  );

  it(verifies('agent.config', 'names the provider key that the model engine misses'), async () => {
    const tenant = await startTenantProcess();
    const call = apiOf(tenant);
    const created = await call('POST', '/workspaces', {
      name: 'Keyless',
      runtime: 'model',
      model: 'anthropic:some-model',
    });
    const answer = await until('an answer', async () => {
      const said = await call('POST', `/workspaces/${created.body.id}/a2a`, message('hello'));
      return said.text.includes('ANTHROPIC_API_KEY') ? said : null;
    });
    expect(answer.text).toContain('ANTHROPIC_API_KEY');
    await tenant.stop();
  });

  it(
    verifies(
      ['events.stream', 'core.13.4-first', 'core.13.4-event', 'core.13.4-replay'],
      'streams the events of one workspace, and counts requests by route',
    ),
    async () => {
      const tenant = await startTenantProcess();
      const call = apiOf(tenant);
      const { id } = (await call('POST', '/workspaces', { name: 'Streamed', external: true })).body;
      const abort = new AbortController();
      const response = await fetch(`${tenant.url}/workspaces/${id}/events/stream`, {
        headers: { authorization: `Bearer ${tenant.adminToken}`, 'last-event-id': '0' },
        signal: abort.signal,
      });
      expect(response.headers.get('content-type')).toBe('text/event-stream');
      let text = '';
      for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
        text += Buffer.from(chunk).toString('utf8');
        if (text.includes('WORKSPACE_AWAITING_AGENT')) break;
      }
      abort.abort();
      expect(text.startsWith(': ping\n\n')).toBe(true);
      expect(text).toMatch(/id: \d+\ndata: \{"type":"WORKSPACE_PROVISIONING"/);
      const metrics = await call('GET', '/metrics');
      expect(metrics.text).toMatch(
        /molecule_http_requests_total\{method="POST",path="\/workspaces",status="201"\} 1/,
      );
      expect(metrics.text).toMatch(/molecule_workspaces\{status="awaiting_agent"\} 1/);
      await tenant.stop();
    },
  );
});
