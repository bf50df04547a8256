// Cloud paths: on the cloud backend no hostile path leads anywhere on any file verb, and none reaches the control plane with
// the next start.

import type { FakeControlPlane } from '@molecule/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { cloudSettings, ORG_HEADERS, startPlaneWithAgents } from './support/cloud-tenant.ts';
import { PATH_CORPUS } from './support/path-corpus.ts';
import { type ScenarioTenant, startScenarioTenant, until } from './support/tenant.ts';

const START_MS = 60_000;
let plane: FakeControlPlane;
let tenant: ScenarioTenant;
let id: string;

const untilOnline = () =>
  until(
    'online',
    async () => (await tenant.asAdmin(`/workspaces/${id}`)).status === 'online' && plane.hasAgent(id),
    START_MS,
  );

beforeAll(async () => {
  plane = await startPlaneWithAgents();
  tenant = await startScenarioTenant(
    { ...(await cloudSettings(plane)), WORKSPACE_BACKEND: 'cloud' },
    { headers: ORG_HEADERS },
  );
  const made = await tenant.asAdmin<{ id: string }>('/workspaces', {
    method: 'POST',
    body: { name: 'Away', runtime: 'rehearsal', tier: 2 },
  });
  id = made.id;
  await untilOnline();
}, START_MS);
afterAll(async () => {
  await tenant?.stop();
  await plane?.close();
});

it(`lets none of ${PATH_CORPUS.length} hostile paths through, on any file verb`, async () => {
  const headers = { authorization: `Bearer ${tenant.adminToken}` };
  const ask = (path: string, method: string, body?: unknown) =>
    tenant.call(`/workspaces/${id}/files${path}`, { method, headers, body });
  for (const path of PATH_CORPUS) {
    for (const root of ['/configs', '/workspace']) {
      const query = `?root=${root}`;
      const encoded = `/${encodeURIComponent(path)}${query}`;
      const answers = await Promise.all([
        ask(encoded, 'GET'),
        ask(encoded, 'PUT', { content: 'out' }),
        ask(`${query}&path=${encodeURIComponent(path)}`, 'GET'),
        ask(query, 'PUT', { files: { [path]: 'out' } }),
      ]);
      for (const { status } of answers)
        expect([path, root, status, status < 500 || status === 501]).toEqual([path, root, status, true]);
    }
  }
  // A file below a file could be handed to no unit.
  expect((await ask('/plain', 'PUT', { content: 'a' })).status).toBe(200);
  expect((await ask('/plain/below', 'PUT', { content: 'a' })).status).toBe(400);
  const before = plane.units.get(id)?.instanceId;
  await tenant.asAdmin(`/workspaces/${id}/restart`, { method: 'POST', body: {} });
  await until('another instance', () => plane.units.get(id)?.instanceId !== before, START_MS);
  await untilOnline();
  const { config_files, template_assets } = plane.units.get(id)?.body ?? {};
  const sent = Object.keys({ ...config_files, ...template_assets });
  expect(sent).toContain('config.yaml');
  const bad = sent.filter(
    (path) => path.startsWith('/') || path.split('/').some((part) => /^\.{0,2}$/.test(part)),
  );
  expect(bad).toEqual([]);
}, 180_000);
