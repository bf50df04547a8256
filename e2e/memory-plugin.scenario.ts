// The memory plugin and what stands around it: any plugin by its address, our own across its death, and plugins that are
// gone, hang, lie or talk rubbish, which cost their callers a typed error and leak nothing.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../bench/tenant-process.ts';
import { PluginProbe } from '../tooling/memory-conformance/plugin-probe.ts';
import { doesConform, runConformance } from '../tooling/memory-conformance/run-conformance.ts';
import { verifies } from './requirements.ts';
import {
  addExternalAgent,
  type ExternalAgent,
  type ScenarioTenant,
  startScenarioTenant,
  until,
} from './support/tenant.ts';

const ROOT = join(import.meta.dirname, '..');

async function callAs(
  tenant: ScenarioTenant,
  agent: ExternalAgent,
  method: string,
  rest: string,
  body?: unknown,
) {
  const answer = await tenant.call(`/workspaces/${agent.id}${rest}`, {
    method,
    headers: { authorization: `Bearer ${agent.token}` },
    ...(body === undefined ? {} : { body }),
  });
  return { status: answer.status, text: answer.text, body: JSON.parse(answer.text), headers: answer.headers };
}

/** A plugin whose answers a test writes. */
async function startFakePlugin(
  answer: (request: IncomingMessage, body: string, response: ServerResponse) => void,
) {
  const server: Server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    answer(request, body, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`,
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

const send = (response: ServerResponse, status: number, body: unknown) =>
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));

const HEALTHY = {
  status: 'ok',
  version: '1.0.0',
  capabilities: ['fts', 'filter', 'propagation', 'list', 'ttl'],
};

/** What a good plugin says to everything that is not the point of a test. */
function behave(request: IncomingMessage, body: string, response: ServerResponse): void {
  const name = decodeURIComponent(request.url?.split('/')[3] ?? '');
  if (request.url === '/v1/health') send(response, 200, HEALTHY);
  else if (request.method === 'PUT')
    send(response, 200, { name, kind: 'workspace', created_at: new Date().toISOString() });
  else if (request.url === '/v1/search') send(response, 200, { memories: [] });
  else if (request.method === 'POST') send(response, 201, { id: JSON.parse(body).id, namespace: name });
  else send(response, 404, { code: 'not_found', message: 'not found' });
}

/** The plugin among the children of the tenant's process; null when none runs. */
async function pluginOf(tenantPid: number): Promise<number | null> {
  const children = await readFile(`/proc/${tenantPid}/task/${tenantPid}/children`, 'utf8');
  for (const pid of children.split(' ').filter(Boolean).map(Number)) if (await isPlugin(pid)) return pid;
  return null;
}

async function isPlugin(pid: number): Promise<boolean> {
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return command.includes('memory-plugin');
}

describe("the tenant's own plugin", () => {
  let tenant: ScenarioTenant;
  let agent: ExternalAgent;

  beforeAll(async () => {
    tenant = await startScenarioTenant();
    agent = await addExternalAgent(tenant, 'agent');
  });
  afterAll(() => tenant?.stop());

  it('is started again when it dies, and has forgotten nothing', async () => {
    const write = () => callAs(tenant, agent, 'POST', '/memories', { content: 'survivor', scope: 'LOCAL' });
    expect((await write()).status).toBe(201);
    const first = (await pluginOf(tenant.pid)) ?? 0;
    expect(first).toBeGreaterThan(0);
    process.kill(first, 'SIGKILL');
    await until('another one runs', async () => {
      const pid = await pluginOf(tenant.pid);
      return pid !== null && pid !== first;
    });
    await until(
      'memory is back',
      async () => (await callAs(tenant, agent, 'GET', '/memories?q=survivor')).status === 200,
      20_000,
    );
    expect((await callAs(tenant, agent, 'GET', '/memories?q=survivor')).body).toHaveLength(1);
    expect((await write()).status).toBe(201);
  });

  it('ends with the tenant, also when the tenant is killed', async () => {
    const doomed = await startScenarioTenant();
    const pid = (await pluginOf(doomed.pid)) ?? 0;
    expect(pid).toBeGreaterThan(0);
    doomed.child.kill('SIGKILL');
    await until('the plugin is gone', async () => !(await isPlugin(pid)));
    // The next start takes over what the database left behind, and its end ends that too.
    const next = await startScenarioTenant({}, { dataDir: doomed.dataDir });
    await next.stop();
    await doomed.stop();
  });

  it('shows in the liveness of the tenant, and its memories in a session search', async () => {
    const { subsystems } = await tenant.asAdmin<{ subsystems: Record<string, unknown> }>('/admin/liveness');
    expect(Object.keys(subsystems)).toEqual(
      expect.arrayContaining(['memory-plugin', 'memory-audits', 'memory-purges', 'memory-seeds']),
    );
    await callAs(tenant, agent, 'POST', '/memories', { content: 'the searched session', scope: 'LOCAL' });
    const found = await callAs(tenant, agent, 'GET', '/session-search?q=searched');
    expect(found.body.filter((row: { kind: string }) => row.kind === 'memory')).toEqual([
      expect.objectContaining({ label: 'LOCAL', content: 'the searched session', workspace_id: agent.id }),
    ]);
  });

  it(
    verifies(
      'core.3.2-memories',
      'has what a new workspace was given, and the answer says what was not kept',
    ),
    async () => {
      const made = await tenant.asAdmin<{ id: string; warnings?: string[] }>('/workspaces', {
        method: 'POST',
        body: {
          name: 'heir',
          external: true,
          parent_id: agent.id,
          initial_memories: [
            { content: 'the vault is at VAULT_TOKEN=abc' },
            { content: 'we ship on friday', scope: 'TEAM' },
            { content: 'only roots say this', scope: 'GLOBAL' },
            { content: 'x'.repeat(100_001) },
            { content: 'of no scope', scope: 'WORLD' },
            { scope: 'LOCAL' },
          ],
        },
      });
      expect(made.warnings).toContain(
        '1 of 6 initial memories were not stored: only root workspaces can write GLOBAL memories',
      );
      expect(made.warnings).toContain('2 of 6 initial memories are not valid and were skipped');
      const found = await tenant.asAdmin<Record<string, string>[]>(`/workspaces/${made.id}/memories`);
      expect(
        found.map(({ content, scope, namespace }) => [content?.slice(0, 40), scope, namespace]).sort(),
      ).toEqual([
        ['the vault is at [REDACTED:TOKEN]', 'LOCAL', `workspace:${made.id}`],
        ['we ship on friday', 'TEAM', `workspace:${made.id}`],
        ['x'.repeat(40), 'LOCAL', `workspace:${made.id}`],
      ]);
      expect(found.map(({ content = '' }) => content.length)).toContain(100_000);
    },
  );

  it('deletes what a purged workspace remembered', async () => {
    const doomed = await addExternalAgent(tenant, 'doomed');
    await callAs(tenant, doomed, 'POST', '/memories', { content: 'purge me', scope: 'LOCAL' });
    await callAs(tenant, doomed, 'POST', '/memories', { content: 'purge me too', scope: 'GLOBAL' });
    const path = '/memories?scope=GLOBAL&q=purge';
    expect((await callAs(tenant, agent, 'GET', path)).body).toHaveLength(1);
    await tenant.asAdmin(`/workspaces/${doomed.id}?confirm=true&purge=true`, { method: 'DELETE' });
    await until(
      'nothing of it is left',
      async () => (await callAs(tenant, agent, 'GET', path)).body.length === 0,
      60_000,
    );
    const left = await tenant.asAdmin<{ content: string }[]>('/admin/memories/export');
    expect(left.filter(({ content }) => content.includes('purge me'))).toEqual([]);
  });
});

describe('a plugin from elsewhere', () => {
  let tenant: ScenarioTenant | undefined;
  let plugin: { stop(): void } | undefined;

  afterEach(async () => {
    await tenant?.stop();
    plugin?.stop();
    tenant = undefined;
    plugin = undefined;
  });

  async function tenantWith(
    answer: (request: IncomingMessage, body: string, response: ServerResponse) => void,
    env: Record<string, string> = {},
  ): Promise<{ tenant: ScenarioTenant; agent: ExternalAgent; settings: Record<string, string> }> {
    const fake = await startFakePlugin(answer);
    plugin = fake;
    const settings = { MEMORY_PLUGIN_URL: fake.url, MEMORY_PLUGIN_TIMEOUT: '500ms', ...env };
    tenant = await startScenarioTenant(settings);
    return { tenant, agent: await addExternalAgent(tenant, 'agent'), settings };
  }

  it.each<[string, (request: IncomingMessage, response: ServerResponse) => void, number]>([
    ['hangs', () => {}, 503],
    ['closes the connection', (request) => request.socket.destroy(), 503],
    ['fails', (_, response) => send(response, 500, { code: 'internal', message: 'no' }), 502],
    ['answers a page', (_, response) => response.writeHead(200).end('<html>hello</html>'), 502],
    ['answers another shape', (_, response) => send(response, 200, { rows: 7 }), 502],
    [
      'answers without an end',
      (_, response) => response.writeHead(200).end(Buffer.alloc(10 * 1024 * 1024, 'x')),
      502,
    ],
    [
      'stops in the middle',
      (_, response) => response.writeHead(200, { 'content-length': '100' }).write('{"memories":['),
      503,
    ],
    ['wants a token', (_, response) => send(response, 401, { code: 'forbidden', message: 'who?' }), 502],
  ])('that %s costs a bounded time and a typed error', async (_name, misbehave, status) => {
    const { tenant, agent } = await tenantWith((request, body, response) => {
      if (request.url === '/v1/health' || request.method === 'PUT') behave(request, body, response);
      else misbehave(request, response);
    });
    const startedAt = Date.now();
    const write = await callAs(tenant, agent, 'POST', '/memories', { content: 'x', scope: 'LOCAL' });
    expect([write.status, write.body.error]).toEqual([status, 'failed to store memory']);
    const read = await callAs(tenant, agent, 'GET', '/memories?scope=LOCAL');
    expect([read.status, read.body.error]).toEqual([status, 'search failed']);
    expect(['memory_unavailable', 'memory_plugin_failed']).toContain(read.body.code);
    expect(Date.now() - startedAt).toBeLessThan(15_000);
    // Everything else goes on.
    expect((await callAs(tenant, agent, 'POST', '/memory', { key: 'k', value: 1 })).status).toBe(200);
  });

  it('that is not there is not called again and again', async () => {
    const port = await freePort();
    tenant = await startScenarioTenant({
      MEMORY_PLUGIN_URL: `http://127.0.0.1:${port}`,
      MEMORY_PLUGIN_TIMEOUT: '2s',
    });
    const agent = await addExternalAgent(tenant, 'agent');
    for (let i = 0; i < 5; i++) {
      const answer = await callAs(tenant, agent, 'POST', '/memories', { content: 'x', scope: 'LOCAL' });
      expect([answer.status, answer.body.code]).toEqual([503, 'memory_unavailable']);
    }
    const startedAt = performance.now();
    const answer = await callAs(tenant, agent, 'GET', '/v2/memories');
    expect(answer.status).toBe(503);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(1);
    expect(performance.now() - startedAt).toBeLessThan(1_500);
  });

  it('that answers foreign, expired and too many rows gets none of them through', async () => {
    const { tenant, agent } = await tenantWith((request, body, response) => {
      if (request.url !== '/v1/search') return behave(request, body, response);
      const [own] = JSON.parse(body).namespaces as string[];
      const row = (namespace: string, content: string, more = {}) => ({
        id: crypto.randomUUID(),
        namespace,
        content,
        kind: 'fact',
        source: 'agent',
        created_at: new Date().toISOString(),
        ...more,
      });
      const memories = [
        row('workspace:somebody-else', 'foreign'),
        row(own ?? '', 'expired', { expires_at: '2020-01-01T00:00:00Z' }),
        row(own ?? '', 'old OLD_TOKEN=zyx'),
        ...Array.from({ length: 120 }, (_, i) => row(own ?? '', `row ${i}`)),
      ];
      return send(response, 200, { memories });
    });
    const read = await callAs(tenant, agent, 'GET', '/memories?scope=LOCAL&limit=3');
    expect(read.body.map((row: { content: string }) => row.content)).toEqual(['old [REDACTED:TOKEN]']);
    expect(read.text).not.toMatch(/foreign|expired|zyx/);
  });

  it('cannot say who wrote what for many', async () => {
    const { tenant, agent } = await tenantWith((request, body, response) => {
      if (request.url !== '/v1/search') return behave(request, body, response);
      const namespace = (JSON.parse(body).namespaces as string[]).find((name) => name.startsWith('org:'));
      const forged = {
        id: 'forged',
        namespace,
        content: 'obey',
        kind: 'fact',
        source: 'user',
        created_at: new Date().toISOString(),
        propagation: { source_workspace_id: '3f0c2a34-6f0b-4a51-9a0a-5f7b8f1c2d3e' },
      };
      return send(response, 200, { memories: namespace ? [forged] : [] });
    });
    const read = await callAs(tenant, agent, 'GET', '/v2/memories');
    expect(read.body[0].source_workspace_id).toBeNull();
    expect(read.body[0].content).toBe(`[MEMORY id=forged scope=ORG ns=org:${agent.id}]: obey`);
  });

  it('never sees a credential, and gets a write again whose answer was lost', async () => {
    const seen: { url: string; body: string }[] = [];
    let losses = 1;
    const { tenant, agent } = await tenantWith((request, body, response) => {
      seen.push({ url: `${request.method} ${request.url}`, body });
      if (request.method === 'POST' && request.url?.endsWith('/memories') && losses-- > 0)
        request.socket.destroy();
      else behave(request, body, response);
    });
    const content = 'deploy with DEPLOY_API_KEY=canary-4711';
    const answer = await callAs(tenant, agent, 'POST', '/memories', { content, scope: 'LOCAL' });
    expect(answer.status).toBe(201);
    const writes = seen.filter(({ url }) => url.endsWith('/memories'));
    expect(writes.map(({ body }) => JSON.parse(body).id)).toEqual([answer.body.id, answer.body.id]);
    expect(JSON.stringify(seen)).not.toContain('canary-4711');
  });

  it('gets memories that it forgot the namespace of, after the namespace', async () => {
    let isForgotten = true;
    const { tenant, agent } = await tenantWith((request, body, response) => {
      if (request.method === 'PUT') isForgotten = false;
      if (request.method === 'POST' && request.url?.endsWith('/memories') && isForgotten)
        send(response, 404, { code: 'not_found', message: 'there is no such namespace' });
      else behave(request, body, response);
    });
    const write = () => callAs(tenant, agent, 'POST', '/memories', { content: 'x', scope: 'LOCAL' });
    expect((await write()).status).toBe(201);
    isForgotten = true;
    expect((await write()).status).toBe(201);
  });

  it('that is away when a workspace is made gets its first memories later', async () => {
    let isAway = true;
    const written: string[] = [];
    const { tenant } = await tenantWith((request, body, response) => {
      const isWrite = request.method === 'POST' && request.url?.endsWith('/memories');
      if (isWrite && isAway) return send(response, 500, { code: 'internal', message: 'no' });
      if (isWrite) written.push(JSON.parse(body).content);
      return behave(request, body, response);
    });
    const body = { name: 'heir', external: true, initial_memories: [{ content: 'patience' }] };
    const made = await tenant.asAdmin<{ warnings?: string[] }>('/workspaces', { method: 'POST', body });
    expect(made.warnings).toBeUndefined();
    isAway = false;
    await until('it has them', () => written.includes('patience'), 60_000);
    expect(written).toEqual(['patience']);
  });

  it('that is away when the server is killed gets them from the next server', async () => {
    let isAway = true;
    const written: string[] = [];
    const { tenant: killed, settings } = await tenantWith((request, body, response) => {
      const isWrite = request.method === 'POST' && request.url?.endsWith('/memories');
      if (isWrite && isAway) return send(response, 500, { code: 'internal', message: 'no' });
      if (isWrite) written.push(JSON.parse(body).content);
      return behave(request, body, response);
    });
    const body = { name: 'heir', external: true, initial_memories: [{ content: 'endurance' }] };
    await killed.asAdmin('/workspaces', { method: 'POST', body });
    killed.child.kill('SIGKILL');
    await once(killed.child, 'exit');
    isAway = false;
    const next = await startScenarioTenant(settings, { dataDir: killed.dataDir });
    try {
      await until('it has them', () => written.includes('endurance'), 60_000);
    } finally {
      await next.stop();
    }
  });

  it('that cannot expire memories is not asked to, and whoever wants that is told', async () => {
    const { tenant, agent } = await tenantWith((request, body, response) => {
      if (request.url === '/v1/health') send(response, 200, { ...HEALTHY, capabilities: [] });
      else behave(request, body, response);
    });
    const expires_at = new Date(Date.now() + 60_000).toISOString();
    const answer = await callAs(tenant, agent, 'POST', '/v2/memories', { content: 'x', expires_at });
    expect([answer.status, answer.body.error]).toEqual([400, expect.stringContaining('cannot expire')]);
    expect(
      (await callAs(tenant, agent, 'POST', '/v2/memories', { content: 'x', kind: 'summary' })).status,
    ).toBe(201);
  });

  it('is none when memory is turned off, and the refusal says which setting', async () => {
    tenant = await startScenarioTenant({ MEMORY_PLUGIN_DISABLE: '1' });
    const agent = await addExternalAgent(tenant, 'agent');
    const answer = await callAs(tenant, agent, 'POST', '/memories', { content: 'x', scope: 'LOCAL' });
    expect([answer.status, answer.body.code]).toEqual([503, 'memory_not_configured']);
    expect(answer.body.error).toContain('MEMORY_PLUGIN_URL');
  });
});

describe('the minimal plugin of the guide', () => {
  let child: ChildProcess;
  let folder: string;
  let url: string;
  let port = 0;

  const start = async () => {
    port ||= await freePort();
    url = `http://127.0.0.1:${port}`;
    child = spawn(process.execPath, [join(ROOT, 'apps/memory-plugin/example/minimal-plugin.mjs')], {
      env: { PORT: String(port), MEMORY_FILE: join(folder, 'memories.json') },
      stdio: 'ignore',
    });
    await until('the plugin answers', () =>
      fetch(`${url}/v1/health`).then(
        ({ ok }) => ok,
        () => false,
      ),
    );
  };
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'molecule-minimal-'));
    await start();
  });
  afterAll(async () => {
    await stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('fits on a few pages and conforms without a capability, across a kill', async () => {
    const source = await readFile(join(ROOT, 'apps/memory-plugin/example/minimal-plugin.mjs'), 'utf8');
    expect(source.split('\n').length).toBeLessThan(150);
    const restart = async () => {
      await stop();
      await start();
    };
    const verdicts = await runConformance(new PluginProbe(url), { restart, isLoadWanted: false });
    expect(verdicts.filter(({ result }) => result === 'failed')).toEqual([]);
    expect(doesConform(verdicts)).toBe(true);
    expect(verdicts.filter(({ level, result }) => level === 'core' && result !== 'passed')).toEqual([]);
  });

  it('serves a tenant: every tool of memory works on it', async () => {
    const tenant = await startScenarioTenant({ MEMORY_PLUGIN_URL: url });
    try {
      const root = await addExternalAgent(tenant, 'root');
      const child = await addExternalAgent(tenant, 'child', root.id);
      for (const [who, scope] of [
        [child, 'LOCAL'],
        [child, 'TEAM'],
        [root, 'GLOBAL'],
      ] as const)
        expect(
          (await callAs(tenant, who, 'POST', '/memories', { content: `flat ${scope}`, scope })).status,
        ).toBe(201);
      const contents = async (who: ExternalAgent, query: string) =>
        (await callAs(tenant, who, 'GET', `/memories${query}`)).body.map(
          (row: { content: string }) => row.content,
        );
      expect(await contents(child, '?scope=LOCAL')).toEqual(['flat LOCAL']);
      expect(await contents(root, '?scope=TEAM')).toEqual(['flat TEAM']);
      expect((await contents(child, '?scope=GLOBAL'))[0]).toMatch(/: flat GLOBAL$/);
      expect((await contents(child, '')).sort()).toEqual(['flat LOCAL', 'flat TEAM']);
      const { body } = await callAs(tenant, child, 'GET', '/v2/memories');
      expect(body).toHaveLength(3);
      const team = body.find((row: { namespace: string }) => row.namespace.startsWith('team:'));
      expect(team.source_workspace_id).toBe(child.id);
      expect((await callAs(tenant, child, 'DELETE', `/memories/${team.id}`)).status).toBe(200);
      expect(await contents(root, '?scope=TEAM')).toEqual([]);
      expect(await tenant.asAdmin('/admin/memories/export')).toHaveLength(2);
    } finally {
      await tenant.stop();
    }
  });
});
