// Platform on containers: the same platform with the docker driver. Two organisations as two containers of an image that was made
// on this machine: they work, survive the control plane and their own crash, reach nothing of each other, and leave nothing.

import { execFileSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifies } from './requirements.ts';
import { message, until } from './support/api.ts';
import { BOOT_LIMIT_MS, type HostedOrg, makeOrgs } from './support/hosted-orgs.ts';
import { cookieOf, type ScenarioPlatform, startPlatform } from './support/platform.ts';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const SOCKET = (process.env.DOCKER_HOST ?? 'unix:///var/run/docker.sock').replace('unix://', '');
const OUT_WITHIN_MS = 1_000;

const docker = (...args: string[]) => execFileSync('docker', args, { encoding: 'utf8' }).trim();
const nameOf = ({ id }: HostedOrg) => `molecule-tenant-${id}`;
const containerIdOf = (org: HostedOrg) => docker('inspect', '--format', '{{.Id}}', nameOf(org));

describe.skipIf(!process.env.MOLECULE_TEST_DOCKER)('tenants in containers', () => {
  let platform: ScenarioPlatform;
  let alpha: HostedOrg;
  let beta: HostedOrg;
  let workspaceId: string;

  beforeAll(async () => {
    execFileSync(process.execPath, [join(ROOT, 'tooling/tenant-image.mjs')], { cwd: ROOT });
    platform = await startPlatform({
      PLACEMENT_DRIVER: 'docker',
      TENANT_DOCKER_SOCKET: SOCKET,
      TENANT_MEMORY_MIB: '2048',
    });
    [alpha, beta] = (await makeOrgs(platform, ['alpha', 'beta'])) as [HostedOrg, HostedOrg];
  }, 4 * BOOT_LIMIT_MS);
  afterAll(async () => {
    for (const org of [alpha, beta].filter(Boolean))
      await org.asOwner(`/cp/orgs/${org.slug}`, 'DELETE', { confirm: org.slug });
    await platform?.stop();
  }, 2 * BOOT_LIMIT_MS);

  const isOnline = async () => (await alpha.inside(`/workspaces/${workspaceId}`)).body.status === 'online';

  it(
    verifies('platform.containers', 'run agents that answer, on a database of their own'),
    async () => {
      const made = await alpha.inside('/workspaces', 'POST', { name: 'Boxed', runtime: 'rehearsal' });
      workspaceId = String(made.body.id);
      await until('the agent is online', isOnline, BOOT_LIMIT_MS);
      const at = `/workspaces/${workspaceId}`;
      const reply = await alpha.inside(`${at}/a2a`, 'POST', message('are you there?'));
      expect([reply.status, reply.body.error]).toEqual([200, undefined]);
      expect((await alpha.inside(`${at}/memory`, 'POST', { key: 'kept', value: 1 })).status).toBe(200);
      expect((await beta.inside(at)).status).toBe(404);
    },
    2 * BOOT_LIMIT_MS,
  );

  it(verifies('platform.containers', 'tell of the program that their image tells of'), async () => {
    const label = '{{index .Config.Labels "molecule.build"}}';
    const build = docker('image', 'inspect', '--format', label, 'molecule-tenant:local');
    expect(build).toMatch(/^[0-9a-f]{64}$/);
    expect((await platform.call('/buildinfo', { host: alpha.host })).body).toMatchObject({ build });
  });

  it(verifies('platform.containers', 'reach neither each other nor the control plane, but the door'), () => {
    const ask = `for (const url of process.argv.slice(1)) await fetch(url, { signal: AbortSignal.timeout(3000) }).then((a) => console.log(a.status), () => console.log('no'));`;
    const address = docker(
      'inspect',
      '--format',
      '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}',
      nameOf(beta),
    );
    const env = docker('exec', nameOf(alpha), 'env').split('\n');
    const door = env.find((line) => line.startsWith('MOLECULE_CP_URL='))?.slice('MOLECULE_CP_URL='.length);
    const urls = [
      'http://127.0.0.1:8080/health',
      `${door}/health`,
      `http://${address}:8080/health`,
      `http://127.0.0.1:${platform.port}/health`,
    ];
    const said = docker('exec', nameOf(alpha), 'node', '--input-type=module', '-e', ask, ...urls);
    expect(said.split('\n')).toEqual(['200', '200', 'no', 'no']);
  });

  it(
    verifies('platform.containers', 'hear of a removed member within a second'),
    async () => {
      const guest = await platform.signUp('guest@example.test');
      const asGuest = (path: string, method = 'GET', body?: unknown) =>
        platform.call(path, { method, headers: { cookie: guest }, body });
      const email = 'guest@example.test';
      const invited = await alpha.asOwner('/cp/orgs/alpha/members', 'POST', { email });
      await asGuest('/cp/invites/accept', 'POST', { token: String(invited.body.url).split('#')[1] });
      const opened = new URL(String((await asGuest('/cp/orgs/alpha/open', 'POST')).body.url));
      const session = cookieOf(await platform.call(opened.pathname + opened.search, { host: alpha.host }));
      const look = () => platform.call('/workspaces', { host: alpha.host, headers: { cookie: session } });
      expect((await look()).status).toBe(200);
      const guestId = (await asGuest('/cp/auth/me')).body.user_id;
      await alpha.asOwner(`/cp/orgs/alpha/members/${guestId}`, 'DELETE');
      const removedAt = performance.now();
      let letInAt = removedAt;
      await until('the session is over', async () => {
        const sentAt = performance.now();
        const { status } = await look();
        if (status === 200) letInAt = sentAt;
        return status === 401;
      });
      expect(letInAt - removedAt).toBeLessThan(OUT_WITHIN_MS);
    },
    BOOT_LIMIT_MS,
  );

  it(
    verifies('platform.containers', 'outlive the control plane, and are started again when they crash'),
    async () => {
      const before = containerIdOf(alpha);
      const controlPlane = platform.pidOf('control-plane');
      process.kill(controlPlane ?? 0, 'SIGKILL');
      expect((await platform.call('/health', { host: alpha.host })).status).toBe(200);
      await until('it is back', async () => {
        const answer = await platform.call('/health').catch(() => null);
        return answer?.status === 200 && platform.pidOf('control-plane') !== controlPlane;
      });
      expect(containerIdOf(alpha)).toBe(before);

      docker('kill', nameOf(alpha));
      const health = () => platform.call('/health', { host: alpha.host });
      await until('it serves again', async () => (await health()).status === 200, BOOT_LIMIT_MS);
      const kept = await until(
        'what it kept is there',
        async () => {
          const answer = await alpha.inside(`/workspaces/${workspaceId}/memory/kept`);
          return answer.status === 200 && answer.body.value;
        },
        BOOT_LIMIT_MS,
      );
      expect(kept).toBe(1);
      await until('its agent is back', isOnline, BOOT_LIMIT_MS);
    },
    2 * BOOT_LIMIT_MS,
  );

  it(
    verifies('platform.containers', 'leave no container, volume or network behind'),
    async () => {
      const deleted = await alpha.asOwner('/cp/orgs/alpha', 'DELETE', { confirm: 'alpha' });
      expect(deleted.status).toBe(204);
      const filter = ['--filter', `label=molecule.tenant=${alpha.id}`, '-q'];
      expect([docker('ps', '-a', ...filter), docker('volume', 'ls', ...filter)]).toEqual(['', '']);
      expect(docker('network', 'ls', ...filter)).toBe('');
      expect((await platform.call('/health', { host: beta.host })).status).toBe(200);
    },
    BOOT_LIMIT_MS,
  );
});
