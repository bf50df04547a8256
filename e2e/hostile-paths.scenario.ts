// Hostile paths: on every backend and every verb that takes the name of a file, no path leads out of the folders that a
// workspace's files are in, through no link that its agent made, and none reaches the next start of a unit.

import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type FakeControlPlane, PATH_CORPUS } from '@molecule/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cloudSettings, ORG_HEADERS, startPlaneWithAgents } from './support/cloud-tenant.ts';
import { removeNetworks } from './support/containers.ts';
import { type Answer, type ScenarioTenant, startScenarioTenant, until } from './support/tenant.ts';

const START_MS = 60_000;
const SECRET = 'hidden words';
const ROOTS = ['/configs', '/workspace'];

/** One backend: how doors to a folder outside are made, and what must be as it was afterwards. */
interface Side {
  settings(): Promise<Record<string, string>>;
  makeDoors(): Promise<void>;
  fingerprint(): Promise<unknown>;
  /** Paths of files that the unit holds after its next start. */
  held(): Promise<string[]>;
}

let plane: FakeControlPlane;
let tenant: ScenarioTenant;
let id: string;

const folder = () => join(tenant.dataDir, 'workspaces', `ws-${id}`);
const outside = () => join(tenant.dataDir, 'outside');
const inUnit = (script: string) =>
  execFileSync('docker', ['exec', `ws-${id}`, 'sh', '-c', script], { encoding: 'utf8', stdio: 'pipe' });

const SIDES: Record<'process' | 'docker' | 'cloud', Side> = {
  process: {
    settings: async () => ({ WORKSPACE_BACKEND: 'process' }),
    makeDoors: async () => {
      await mkdir(outside());
      await writeFile(join(outside(), 'secret'), SECRET);
      for (const root of ['workspace', 'configs']) await symlink(outside(), join(folder(), root, 'door'));
    },
    fingerprint: async () => [
      await readdir(outside()),
      await readFile(join(outside(), 'secret'), 'utf8'),
      (await readdir(folder())).sort(),
      (await readdir(tenant.dataDir)).sort(),
    ],
    held: async () => readdir(join(folder(), 'configs'), { recursive: true }),
  },
  docker: {
    settings: async () => ({
      WORKSPACE_BACKEND: 'docker',
      DOCKER_HOST: process.env.DOCKER_HOST ?? 'unix:///var/run/docker.sock',
    }),
    makeDoors: async () => {
      inUnit(`mkdir /sessions/outside && printf '${SECRET}' > /sessions/outside/secret`);
      inUnit('for root in /workspace /configs; do ln -s /sessions/outside $root/door; done');
    },
    fingerprint: async () => [
      inUnit('find /sessions/outside; cat /sessions/outside/secret; ls /; md5sum /configs/.auth_token'),
      execFileSync('docker', ['diff', `ws-${id}`], { encoding: 'utf8' })
        .split('\n')
        .sort(),
      (await readdir(tenant.dataDir)).sort(),
    ],
    held: async () =>
      inUnit('cd /configs && find . -type f')
        .split('\n')
        .filter(Boolean)
        .map((path) => path.slice(2)),
  },
  cloud: {
    settings: async () => ({ ...(await cloudSettings(plane)), WORKSPACE_BACKEND: 'cloud' }),
    // Files of an instance are reached by nobody but its agent.
    makeDoors: async () => {},
    fingerprint: async () => (await readdir(tenant.dataDir)).sort(),
    held: async () => {
      const { config_files, template_assets } = plane.units.get(id)?.body ?? {};
      return Object.keys({ ...config_files, ...template_assets });
    },
  },
};

const headers = () => ({ authorization: `Bearer ${tenant.adminToken}` });
const ask = (path: string, method = 'GET', body?: unknown) =>
  tenant.call(`/workspaces/${id}${path}`, { method, headers: headers(), body });

async function upload(name: string): Promise<Answer> {
  const body = new FormData();
  body.append('files', new Blob(['out']), name);
  const url = `${tenant.url}/workspaces/${id}/chat/uploads`;
  const answer = await fetch(url, { method: 'POST', headers: { ...ORG_HEADERS, ...headers() }, body });
  return { status: answer.status, text: await answer.text(), headers: answer.headers };
}

/** Each verb that takes the name of a file, with this path as the name. */
function verbsOn(path: string, root: string): Record<string, () => Promise<Answer>> {
  const one = `/files/${encodeURIComponent(path)}?root=${root}`;
  return {
    read: () => ask(one),
    delete: () => ask(one, 'DELETE'),
    write: () => ask(one, 'PUT', { content: 'out' }),
    list: () => ask(`/files?root=${root}&path=${encodeURIComponent(path)}`),
    replace: () => ask(`/files?root=${root}`, 'PUT', { files: { [path]: 'out' } }),
    download: () => ask(`/chat/download?path=${encodeURIComponent(`${root}/${path}`)}`),
  };
}

const untilOnline = () =>
  until('online', async () => (await tenant.asAdmin(`/workspaces/${id}`)).status === 'online', START_MS);

describe.each(['process', 'docker', 'cloud'] as const)('files on the %s backend', (backend) => {
  const side = SIDES[backend];
  describe.skipIf(backend === 'docker' && !process.env.MOLECULE_TEST_DOCKER)('', () => {
    beforeAll(async () => {
      plane = await startPlaneWithAgents();
      tenant = await startScenarioTenant(
        await side.settings(),
        backend === 'cloud' ? { headers: ORG_HEADERS } : {},
      );
      const body = { name: 'Filer', runtime: 'rehearsal', tier: 2 };
      id = (await tenant.asAdmin<{ id: string }>('/workspaces', { method: 'POST', body })).id;
      await untilOnline();
      await side.makeDoors();
    }, START_MS);

    afterAll(async () => {
      await tenant.asAdmin(`/workspaces/${id}?confirm=true&purge=true`, {
        method: 'DELETE',
        headers: { 'x-confirm-name': 'Filer' },
      });
      await tenant.stop();
      if (backend === 'docker') removeNetworks();
      await plane.close();
    });

    it(`are left by none of ${PATH_CORPUS.length} hostile paths, on any verb`, async () => {
      const before = await side.fingerprint();
      for (const path of PATH_CORPUS) {
        for (const root of ROOTS) {
          const asked = Object.entries(verbsOn(path, root)).map(async ([verb, act]) => {
            const { status, text } = await act();
            const isTyped = status < 500 || status === 501;
            expect([verb, path, root, status, isTyped]).toEqual([verb, path, root, status, true]);
            expect(text).not.toContain(SECRET);
          });
          await Promise.all(asked);
        }
      }
      expect(await side.fingerprint()).toEqual(before);
    }, 240_000);

    it('take an attachment under any name as one file of its own folder, or not at all', async () => {
      const before = await side.fingerprint();
      for (const path of PATH_CORPUS.filter((_, i) => i % 12 === 0)) {
        const { status, text } = await upload(path);
        expect([path, status, [200, 400, 501].includes(status)]).toEqual([path, status, true]);
        if (status !== 200) continue;
        for (const { uri } of JSON.parse(text).files)
          expect(uri).toMatch(/^workspace:\/workspace\/\.molecule\/chat-uploads\/[0-9a-f]{32}-[^/\\]+$/);
      }
      expect(await side.fingerprint()).toEqual(before);
    }, 120_000);

    it('hold no file below a file, and go to the next start with names that stay inside', async () => {
      expect((await ask('/files/plain', 'PUT', { content: 'a' })).status).toBe(200);
      expect((await ask('/files/plain/below', 'PUT', { content: 'a' })).status).toBe(400);
      await ask('/restart', 'POST', {});
      await until(
        'a start with the new file',
        async () => {
          try {
            return (await side.held()).includes('plain');
          } catch {
            // Its unit is just being exchanged.
            return false;
          }
        },
        START_MS,
      );
      await untilOnline();
      const held = await side.held();
      expect(held).toContain('config.yaml');
      expect(
        held.filter((path) => path.startsWith('/') || path.split('/').some((part) => /^\.{0,2}$/.test(part))),
      ).toEqual([]);
    }, 120_000);
  });
});
