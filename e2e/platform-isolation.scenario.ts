// Platform isolation: two organisations on one machine, each with a hostile administrator. From a shell inside one tenant, and
// from outside with everything that one tenant knows, nothing of the other and nothing of the platform is reached; and the
// search finds a weakness that is planted.

import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { signEdge } from '@molecule/http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { verifies } from './requirements.ts';
import { until } from './support/api.ts';
import { BOOT_LIMIT_MS, type HostedOrg, makeOrgs } from './support/hosted-orgs.ts';
import { HOSTILE_PROGRAM, type HostileTargets, type Reached } from './support/hostile-program.ts';
import { callByName, type ScenarioPlatform, startPlatform } from './support/platform.ts';
import { commandOf, environmentOf, processesOf } from './support/processes.ts';

let platform: ScenarioPlatform;
let alpha: HostedOrg;
let beta: HostedOrg;
/** Of alpha. */
let token: string;

beforeAll(async () => {
  platform = await startPlatform();
  [alpha, beta] = (await makeOrgs(platform, ['alpha', 'beta'])) as [HostedOrg, HostedOrg];
  token = String((await alpha.inside('/org/tokens', 'POST', { name: 'hostile' })).body.auth_token);
}, 3 * BOOT_LIMIT_MS);
afterAll(() => platform?.stop(), BOOT_LIMIT_MS);

const folderOf = ({ id }: HostedOrg) => join(platform.dataDir, 'tenants', id);

interface Placed {
  pid: number;
  port: number;
  uid: number;
  address?: string;
}
const placedOf = (org: HostedOrg) =>
  JSON.parse(readFileSync(join(folderOf(org), 'placement.json'), 'utf8')) as Placed;
const serverOf = (org: HostedOrg) => environmentOf(placedOf(org).pid);

/** The unix socket of a Postgres, and its postmaster. */
function databaseOf(folder: string): { socket: string; pid: number } {
  const lines = readFileSync(join(folder, 'postgres/postmaster.pid'), 'utf8').split('\n');
  return { socket: `${lines[4]}/.s.PGSQL.5432`, pid: Number(lines[0]) };
}

describe.runIf(process.getuid?.() === 0)('from a shell inside a tenant', () => {
  let workspaceId: string;

  beforeAll(async () => {
    const made = await alpha.inside('/workspaces', 'POST', { name: 'Shell', runtime: 'rehearsal' });
    workspaceId = String(made.body.id);
    const isOnline = async () => (await alpha.inside(`/workspaces/${workspaceId}`)).body.status === 'online';
    await until('the agent is online', isOnline, BOOT_LIMIT_MS);
  }, BOOT_LIMIT_MS);

  /** What the shell shows, once it shows what is waited for. */
  async function inShell(command: string, awaited: RegExp): Promise<RegExpExecArray> {
    const socket = new WebSocket(`ws://127.0.0.1:${platform.port}/workspaces/${workspaceId}/terminal`, {
      headers: { host: alpha.host, authorization: `Bearer ${token}` },
    });
    await new Promise((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('error', reject);
    });
    let shown = '';
    socket.on('message', (bytes: Buffer) => {
      shown += bytes.toString('utf8');
    });
    await until('the shell is there', async () => shown !== '');
    socket.send(`${command}\r`);
    const found = await until('the command has run', async () => awaited.exec(shown)).catch(
      (error: Error) => {
        throw new Error(`${error.message}\n${shown}`);
      },
    );
    socket.close();
    return found;
  }

  /** Runs the hostile program in a shell of alpha's agent, and answers what it reached. */
  async function attack(targets: HostileTargets): Promise<Reached> {
    const name = `attack-${crypto.randomUUID().slice(0, 8)}`;
    const put = async (path: string, content: string) => {
      const answer = await alpha.inside(`/workspaces/${workspaceId}/files/${path}`, 'PUT', { content });
      expect([path, answer.status]).toEqual([path, 200]);
    };
    await put(`${name}.mjs`, HOSTILE_PROGRAM);
    await put(`${name}.json`, JSON.stringify(targets));
    const [, found = ''] = await inShell(
      `node "$CONFIGS_DIR/${name}.mjs" "$CONFIGS_DIR/${name}.json"`,
      /FOUND<([A-Za-z0-9+/=]+)>/,
    );
    return JSON.parse(Buffer.from(found, 'base64').toString('utf8')) as Reached;
  }

  const targetsAt = (org: HostedOrg): HostileTargets => {
    const { pid, port, address = '127.0.0.1' } = placedOf(org);
    const data = join(folderOf(org), 'data');
    const database = databaseOf(data);
    const door = String(serverOf(alpha).MOLECULE_CP_URL);
    const asItself = { authorization: 'Bearer $ADMIN_TOKEN' };
    return {
      read: { data, 'a file': join(data, 'org-id'), database: join(data, 'postgres/PG_VERSION') },
      write: { data },
      sockets: { database: database.socket },
      ports: { server: `${address}:${port}` },
      pids: { server: pid, database: database.pid },
      requests: {
        'by its public name with the admin token of alpha': {
          url: `${door}/workspaces`,
          headers: { ...asItself, host: org.host, 'x-molecule-org-id': org.id },
        },
        'its settings at the platform': {
          url: `${door}/cp/tenants/config`,
          headers: { ...asItself, 'x-molecule-org-id': org.id },
        },
      },
    };
  };

  const platformTargets = (): HostileTargets => {
    const at = (name: string) => join(platform.dataDir, name);
    const controlPlane = platform.pidOf('control-plane') ?? 0;
    const { CONTROL_PLANE_PORT: port } = environmentOf(controlPlane);
    const door = new URL(String(serverOf(alpha).MOLECULE_CP_URL));
    const database = databaseOf(at('platform-database'));
    const host = firstAddressOfThisMachine();
    const asItself = { authorization: 'Bearer $ADMIN_TOKEN', 'x-molecule-org-id': alpha.id };
    return {
      read: {
        'admin token': at('cp-admin-token'),
        'edge key': at('edge-key'),
        'encryption key': at('encryption-key'),
        database: at('platform-database/postgres'),
        'placement of alpha': join(folderOf(alpha), 'placement.json'),
        'placement of beta': join(folderOf(beta), 'placement.json'),
      },
      write: { tenants: at('tenants'), 'folder of alpha': folderOf(alpha) },
      sockets: { database: database.socket },
      ports: {
        'control plane on loopback': `127.0.0.1:${port}`,
        'control plane at the gateway': `${door.hostname}:${port}`,
        'control plane at this machine': `${host}:${port}`,
        'edge on loopback': `127.0.0.1:${platform.port}`,
      },
      pids: { 'control plane': controlPlane, edge: platform.pidOf('edge') ?? 0, database: database.pid },
      requests: Object.fromEntries(
        ['/cp/admin/orgs', '/cp/admin/audit', '/cp/orgs', '/cp/orgs/beta', '/cp/orgs/alpha/admin-token'].map(
          (path) => [path, { url: `${door.origin}${path}`, headers: asItself }],
        ),
      ),
    };
  };

  it(
    verifies('platform.isolation', 'its own things are reached: the search looks where something is'),
    async () => {
      const own = targetsAt(alpha);
      const reached = await attack({ ...own, ports: { server: `127.0.0.1:${placedOf(alpha).port}` } });
      const { 'gain rights by a program': gains, ...rest } = reached;
      expect(gains).toBe(false);
      expect(Object.entries(rest).filter(([, isReached]) => !isReached)).toEqual([]);
      expect(Object.keys(rest)).toHaveLength(16);
    },
    BOOT_LIMIT_MS,
  );

  it(
    verifies('platform.isolation', 'nothing of another tenant is reached'),
    async () => {
      const reached = await attack(targetsAt(beta));
      expect(Object.entries(reached).filter(([, isReached]) => isReached)).toEqual([]);
      expect((await platform.call('/health', { host: beta.host })).status).toBe(200);
    },
    BOOT_LIMIT_MS,
  );

  it(
    verifies('platform.isolation', 'nothing of the platform is reached but its door'),
    async () => {
      const reached = await attack(platformTargets());
      expect(Object.entries(reached).filter(([, isReached]) => isReached)).toEqual([]);
    },
    BOOT_LIMIT_MS,
  );

  it(
    verifies('platform.isolation', 'a planted weakness is found, of files and of the network alike'),
    async () => {
      const data = join(folderOf(beta), 'data');
      const open = join(data, 'left-open');
      mkdirSync(open);
      writeFileSync(join(open, 'secret.txt'), 'of beta');
      chmodSync(open, 0o777);
      chmodSync(data, 0o711);
      const tables = [alpha, beta].map((org) => `molecule_mol${placedOf(org).uid}`);
      const isSeparate = placedOf(alpha).address !== undefined;
      // In the order of what stands in the way: the walls of both.
      if (isSeparate) for (const table of tables) execFileSync('nft', ['delete', 'table', 'ip', table]);
      const targets = targetsAt(beta);
      const reached = await attack({
        ...targets,
        read: { 'a file': join(open, 'secret.txt') },
        write: { data: open },
      });
      chmodSync(data, 0o700);
      const found = Object.keys(reached).filter((name) => reached[name]);
      expect(found).toEqual(['read a file', 'write data', 'port server']);
    },
    BOOT_LIMIT_MS,
  );
});

describe('from outside, with everything that one tenant knows', () => {
  it(
    verifies('platform.isolation', 'no credential of one opens the other, by any name or header'),
    async () => {
      const { ADMIN_TOKEN = '', MOLECULE_EDGE_KEY: edgeKey = '' } = serverOf(alpha);
      expect([ADMIN_TOKEN.length, edgeKey.length].every((length) => length > 20)).toBe(true);
      const session = await alpha.handOver();
      const credentials: Record<string, Record<string, string>> = {
        'an organisation token': { authorization: `Bearer ${token}` },
        'the admin token': { authorization: `Bearer ${ADMIN_TOKEN}` },
        'a session of the tenant': { cookie: session },
        'a session of the platform': { cookie: alpha.cookie },
      };
      const forged: Record<string, Record<string, string>> = {
        nothing: {},
        'its own organisation': { 'x-molecule-org-id': alpha.id },
        'the other organisation': { 'x-molecule-org-id': beta.id, 'x-molecule-org-slug': 'beta' },
        'a signature with its own key': {
          'x-molecule-org-id': beta.id,
          'x-molecule-edge': signEdge(edgeKey, beta.id, Date.now()),
        },
        'another host behind': { 'x-forwarded-host': alpha.host, forwarded: `host=${alpha.host}` },
        'a loopback client': { 'x-forwarded-for': '127.0.0.1', 'x-real-ip': '127.0.0.1' },
      };
      const { port, address = '127.0.0.1' } = placedOf(beta);
      const direct = `http://${address}:${port}`;
      const tried: unknown[] = [];
      for (const [who, credential] of Object.entries(credentials)) {
        // Its own door lets it in, or the rest would show nothing.
        const own = await platform.call('/workspaces', { host: alpha.host, headers: credential });
        if (who !== 'a session of the platform') expect([who, own.status]).toEqual([who, 200]);
        for (const [what, said] of Object.entries(forged)) {
          const headers = { ...credential, ...said };
          const through = await platform.call('/workspaces', { host: beta.host, headers });
          const around = await fetch(`${direct}/workspaces`, { headers: { ...headers, host: beta.host } });
          tried.push([who, what, through.status, around.status]);
          expect([who, what, through.status]).toEqual([who, what, 401]);
          expect([401, 404]).toContain(around.status);
        }
      }
      expect(tried).toHaveLength(24);
    },
  );

  it.each([
    ['a name with a port of nobody', (org: HostedOrg) => org.host.replace(/:\d+$/, ':1')],
    ['the name in other letters', (org: HostedOrg) => org.host.toUpperCase()],
    ['the name with a last dot', (org: HostedOrg) => org.host.replace('.localhost', '.localhost.')],
    ['a name below it', (org: HostedOrg) => `x.${org.host}`],
    ['two names', (org: HostedOrg) => `${org.host},${org.host}`],
    ['a user before it', (org: HostedOrg) => `alpha@${org.host}`],
  ])(verifies('platform.isolation', 'a forged host opens nothing: %s'), async (_, hostOf) => {
    const headers = { authorization: `Bearer ${token}` };
    const answer = await callByName(platform.port, '/workspaces', { host: hostOf(beta), headers });
    expect([400, 401, 404]).toContain(answer.status);
  });

  it(verifies('platform.isolation', 'a tenant is only ever itself at the platform'), async () => {
    const { ADMIN_TOKEN = '', MOLECULE_CP_SHARED_SECRET: secret = '' } = serverOf(alpha);
    const call = (path: string, orgId: string, more: Record<string, string> = {}, method = 'GET') =>
      platform.call(path, {
        method,
        headers: { authorization: `Bearer ${ADMIN_TOKEN}`, 'x-molecule-org-id': orgId, ...more },
        ...(method === 'POST' ? { body: {} } : {}),
      });
    expect((await call('/cp/tenants/config', alpha.id)).status).toBe(200);
    for (const path of ['/cp/tenants/config', '/cp/tenants/entitlements', '/cp/tenants/revocations?after=0'])
      expect([path, [401, 404].includes((await call(path, beta.id)).status)]).toEqual([path, true]);
    const shared = { authorization: `Bearer ${secret}`, 'x-molecule-admin-token': ADMIN_TOKEN };
    const theirs = await call(`/cp/workspaces/${crypto.randomUUID()}/status`, beta.id, shared);
    expect(theirs.status).toBeGreaterThanOrEqual(400);
    for (const path of ['/cp/admin/orgs', '/cp/admin/audit', '/cp/orgs/beta', '/cp/orgs/beta/export'])
      expect([path, [401, 403, 404].includes((await call(path, alpha.id)).status)]).toEqual([path, true]);
  });
});

describe.runIf(process.getuid?.() === 0)('each tenant', () => {
  it(verifies('platform.isolation', 'has a user, a network, a port and a database of its own'), () => {
    const [one, two] = [placedOf(alpha), placedOf(beta)];
    expect(one.uid).not.toBe(two.uid);
    expect(one.address).not.toBe(two.address);
    const networkOf = (pid: number) =>
      execFileSync('readlink', [`/proc/${pid}/ns/net`], { encoding: 'utf8' });
    const networks = [one.pid, two.pid, process.pid].map(networkOf);
    expect(new Set(networks).size).toBe(3);
    for (const org of [alpha, beta]) {
      const mine = processesOf(folderOf(org)).filter((pid) => commandOf(pid) !== '');
      expect(mine.length).toBeGreaterThan(2);
      expect(new Set(mine.map(networkOf))).toEqual(new Set([networkOf(placedOf(org).pid)]));
    }
  });
});

/** An address of this machine that is not loopback. */
function firstAddressOfThisMachine(): string {
  return execFileSync('hostname', ['-I'], { encoding: 'utf8' }).trim().split(/\s+/)[0] ?? '127.0.0.1';
}
