// Hostile paths: in a container and on an instance of the control plane no path of the corpus leads out of the folder that
// was asked for, on any file verb, and none reaches the agent with its next start.

import { execFileSync } from 'node:child_process';
import { type FakeControlPlane, PATH_CORPUS } from '@molecule/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cloudSettings, ORG_HEADERS, startPlaneWithAgents } from './support/cloud-tenant.ts';
import { removeNetworks } from './support/containers.ts';
import { type ScenarioTenant, startScenarioTenant, until } from './support/tenant.ts';

const START_MS = 60_000;
const CORPUS_MS = 120_000;
/** In the container: a folder that no root of the API leads to, and links that would. */
const PLANT = `mkdir /tmp/outside && printf 'hidden words' > /tmp/outside/secret
ln -s /tmp/outside /workspace/door && ln -s /tmp/outside /configs/door`;
const LOOK = `ls -A /tmp /tmp/outside / && cat /tmp/outside/secret`;
let plane: FakeControlPlane;
let tenant: ScenarioTenant;
let id: string;

async function begin(settings: Record<string, string>, headers: Record<string, string>): Promise<void> {
  tenant = await startScenarioTenant(settings, { headers });
  const body = { name: 'Reader', runtime: 'rehearsal', tier: 2 };
  ({ id } = await tenant.asAdmin<{ id: string }>('/workspaces', { method: 'POST', body }));
  await untilOnline();
}

const untilOnline = () =>
  until(
    'online',
    async () => (await tenant.asAdmin<{ status: string }>(`/workspaces/${id}`)).status === 'online',
    START_MS,
  );

function ask(path: string, method: string, body?: unknown) {
  const headers = { authorization: `Bearer ${tenant.adminToken}` };
  return tenant.call(`/workspaces/${id}/files${path}`, { method, headers, body });
}

/** Every verb on every path: a typed answer each, and nothing of what is outside in any. */
async function askAll(): Promise<void> {
  for (const path of PATH_CORPUS) {
    for (const root of ['/configs', '/workspace']) {
      const query = `?root=${root}`;
      const encoded = `/${encodeURIComponent(path)}${query}`;
      const answers = await Promise.all([
        ask(encoded, 'GET'),
        ask(encoded, 'DELETE'),
        ask(encoded, 'PUT', { content: 'out' }),
        ask(`${query}&path=${encodeURIComponent(path)}`, 'GET'),
        ask(query, 'PUT', { files: { [path]: 'out' } }),
      ]);
      for (const { status, text } of answers) {
        expect([path, root, status, status < 500 || status === 501]).toEqual([path, root, status, true]);
        expect(text).not.toContain('hidden words');
      }
    }
  }
}

const restart = () => tenant.asAdmin(`/workspaces/${id}/restart`, { method: 'POST', body: {} });

describe.skipIf(!process.env.MOLECULE_TEST_DOCKER)('a workspace in a container', () => {
  const inside = (script: string) =>
    execFileSync('docker', ['exec', `ws-${id}`, 'sh', '-c', script], { encoding: 'utf8' });

  beforeAll(
    () =>
      begin(
        {
          WORKSPACE_BACKEND: 'docker',
          DOCKER_HOST: process.env.DOCKER_HOST ?? 'unix:///var/run/docker.sock',
        },
        {},
      ),
    2 * START_MS,
  );
  afterAll(async () => {
    await tenant?.asAdmin(`/workspaces/${id}?confirm=true&purge=true`, {
      method: 'DELETE',
      headers: { 'x-confirm-name': 'Reader' },
    });
    await tenant?.stop();
    removeNetworks();
  });

  it(
    `lets none of ${PATH_CORPUS.length} hostile paths out, on any file verb`,
    async () => {
      inside(PLANT);
      const before = inside(LOOK);
      await askAll();
      expect(inside(LOOK)).toBe(before);
      const root = inside('ls -A /');
      await restart();
      await untilOnline();
      await until('another container', () => !inside('ls -A /tmp').includes('outside'), START_MS);
      expect(inside('ls -A /')).toBe(root);
    },
    CORPUS_MS,
  );
});

describe('a workspace on an instance of the control plane', () => {
  beforeAll(async () => {
    plane = await startPlaneWithAgents();
    await begin({ ...(await cloudSettings(plane)), WORKSPACE_BACKEND: 'cloud' }, ORG_HEADERS);
    await until('an agent', () => plane.hasAgent(id), START_MS);
  }, START_MS);
  afterAll(async () => {
    await tenant?.stop();
    await plane?.close();
  });

  it(
    `lets none of ${PATH_CORPUS.length} hostile paths through, on any file verb`,
    async () => {
      await askAll();
      // A file below a file could be handed to no unit.
      expect((await ask('/plain', 'PUT', { content: 'a' })).status).toBe(200);
      expect((await ask('/plain/below', 'PUT', { content: 'a' })).status).toBe(400);
      const before = plane.units.get(id)?.instanceId;
      await ask('/config.yaml', 'PUT', { content: 'name: Reader\nruntime: rehearsal\n' });
      await restart();
      await until('another instance', () => plane.units.get(id)?.instanceId !== before, START_MS);
      await untilOnline();
      const { config_files, template_assets } = plane.units.get(id)?.body ?? {};
      const sent = Object.keys({ ...config_files, ...template_assets });
      expect(sent).toContain('config.yaml');
      const bad = sent.filter(
        (path) => path.startsWith('/') || path.split('/').some((part) => /^\.{0,2}$/.test(part)),
      );
      expect(bad).toEqual([]);
    },
    CORPUS_MS,
  );
});
