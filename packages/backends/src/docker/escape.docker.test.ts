// Escape: what root inside a container of each tier gets hold of, and that the checks see a weakness that was planted.

import { execFileSync } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, isIP } from 'node:net';
import type { Tier } from '@molecule/domain';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { specOf, urlOf } from '../backend.contract.ts';
import type { DockerOptions } from './docker-backend.ts';
import { type DockerUnderTest, dockerUnderTest } from './testing/docker-under-test.ts';
import { findEscapes, type Target, tryInside } from './testing/escape-checks.ts';
import { NO_HOST_RIGHTS, TIER_SIZES, TIERS } from './tiers.ts';

const ALL: Tier[] = [1, 2, 3, 4];

describe.skipIf(!process.env.MOLECULE_TEST_DOCKER)('root inside a container', { timeout: 60_000 }, () => {
  let under: DockerUnderTest;
  let servers: Server[];
  let targets: Target[];
  let door: Target;
  const ids = new Map<Tier, string>();
  const nameOf = (tier: Tier) => `ws-${ids.get(tier)}`;

  beforeAll(async () => {
    under = await dockerUnderTest();
    for (const tier of ALL) {
      const id = crypto.randomUUID();
      ids.set(tier, id);
      urlOf(await under.dispatcher.start(specOf(id, { tier }), 'docker'));
      await under.seenByAgent(id);
    }
    const gateway = under.doors[0] ?? '';
    const loopback = await listen('127.0.0.1');
    const open = await listen(gateway);
    servers = [loopback, open];
    const neighbour = crypto.randomUUID();
    urlOf(await under.dispatcher.start(specOf(neighbour), 'docker'));
    await under.seenByAgent(neighbour);
    const { Networks } = (await under.containerOf(neighbour).inspect()).NetworkSettings;
    const address = Object.values(Networks)[0]?.IPAddress ?? '';
    expect([isIP(gateway), isIP(address)]).toEqual([4, 4]);
    targets = [
      { name: 'the loopback of the host', host: '127.0.0.1', port: portOf(loopback) },
      { name: 'the loopback of the host by its gateway', host: gateway, port: portOf(loopback) },
      { name: 'another container', host: address, port: 8000 },
    ];
    door = { name: 'the door of the tenant', host: gateway, port: portOf(open) };
  }, 120_000);

  afterAll(async () => {
    for (const server of servers ?? []) server.close();
    await under?.close();
  });

  it.each(ALL)('of tier %i finds no way out, and the door of the tenant open', async (tier) => {
    expect(await findEscapes(nameOf(tier), tier, [...targets, door])).toEqual([
      'reaches the door of the tenant',
    ]);
  });

  it.each(ALL)('of tier %i has the memory, the processor and the processes of its tier', async (tier) => {
    const { HostConfig } = await under.containerOf(ids.get(tier) ?? '').inspect();
    const { memoryMib, cpuShares } = TIER_SIZES[tier];
    expect(HostConfig).toMatchObject({
      Memory: memoryMib * 1024 * 1024,
      MemorySwap: memoryMib * 1024 * 1024,
      CpuPeriod: 100_000,
      CpuQuota: (cpuShares / 1024) * 100_000,
      PidsLimit: TIERS[tier].pids,
    });
    const script = `const fs = require('node:fs');
      const first = (...paths) => Number(fs.readFileSync(paths.find((path) => fs.existsSync(path)), 'utf8').split(' ')[0]);
      console.log(JSON.stringify([
        first('/sys/fs/cgroup/memory/memory.limit_in_bytes', '/sys/fs/cgroup/memory.max'),
        first('/sys/fs/cgroup/cpu/cpu.cfs_quota_us', '/sys/fs/cgroup/cpu.max'),
        first('/sys/fs/cgroup/pids/pids.max', '/sys/fs/cgroup/pids.max')]))`;
    expect(JSON.parse(tryInside(nameOf(tier), script).output)).toEqual([
      memoryMib * 1024 * 1024,
      (cpuShares / 1024) * 100_000,
      TIERS[tier].pids,
    ]);
  });

  it('starts no more processes than its tier has', () => {
    const script = `const { spawn } = require('node:child_process');
      let started = 0; const children = [];
      const next = () => {
        const child = spawn('/bin/sleep', ['30']);
        child.once('error', (error) => end(error.code));
        child.once('spawn', () => { children.push(child); ++started > 300 ? end('no limit') : next(); });
      };
      const end = (why) => { console.log(JSON.stringify({ why, started })); for (const c of children) c.kill('SIGKILL'); };
      next();`;
    const { output } = tryInside(nameOf(1), script);
    const found = JSON.parse(output.trim().split('\n').at(-1) ?? '') as { why: string; started: number };
    expect(found.why).toBe('EAGAIN');
    expect(found.started).toBeLessThan(TIERS[1].pids);
  });

  it('is ended when it takes more memory than its tier has, and takes nobody with it', async () => {
    const hog = 'const all = []; for (;;) all.push(Buffer.alloc(16 << 20, 1));';
    expect(tryInside(nameOf(1), hog).status).toBe(137);
    for (const tier of ALL)
      expect(await under.dispatcher.probe(ids.get(tier) ?? '', 'docker')).toBe('running');
  });

  it('fills its /tmp and not the disk', () => {
    const script = `const fs = require('node:fs');
      try { for (let i = 0; i < 80; i++) fs.appendFileSync('/tmp/full', Buffer.alloc(1 << 20)); console.log('all'); }
      catch (error) { console.log(error.code); } finally { fs.rmSync('/tmp/full', { force: true }); }`;
    expect(tryInside(nameOf(1), script).output.trim()).toBe('ENOSPC');
  });

  describe('with a weakness that was planted', () => {
    it.each<[string, string[], string[]]>([
      ['a capability', ['--cap-add', 'SYS_ADMIN'], ['has the capability SYS_ADMIN']],
      ['new privileges', ['--security-opt', 'no-new-privileges=false'], ['may gain privileges']],
      ['every system call', ['--security-opt', 'seccomp=unconfined'], ['makes any system call']],
      ['the processes of the host', ['--pid', 'host'], ['is among the processes of the host']],
      ['a writable root', ['--read-only=false'], ['writes its root file system']],
      ['the engine socket', ['-v', '/dev/null:/var/run/docker.sock'], ['reaches the engine socket']],
      [
        'everything',
        ['--privileged'],
        ['reads the device', 'writes /proc/sys/kernel/core_pattern', 'mounts file systems'],
      ],
    ])('is reported: %s', async (_, flags, findings) => {
      const { Image } = (await under.containerOf(ids.get(1) ?? '').inspect()).Config;
      const name = `planted-${crypto.randomUUID()}`;
      const kept = ['--cap-drop', 'ALL', '--security-opt', 'no-new-privileges', '--tmpfs', '/tmp'];
      const strict =
        flags[0] === '--privileged' || flags[1]?.startsWith('no-new')
          ? ['--cap-drop', 'ALL', '--tmpfs', '/tmp']
          : kept;
      const readOnly = flags[0] === '--read-only=false' ? [] : ['--read-only'];
      const base = flags[0] === '--privileged' ? ['--tmpfs', '/tmp'] : strict;
      docker('run', '-d', '--name', name, ...base, ...readOnly, ...flags, Image, 'sleep', '300');
      try {
        const found = await findEscapes(name, 1, []);
        for (const finding of findings) expect(found.join('\n')).toContain(finding);
      } finally {
        docker('rm', '-f', name);
      }
    });
  });

  describe('where an operator opened something', () => {
    it.each<[keyof typeof NO_HOST_RIGHTS, Tier, string]>([
      ['isHostPidAllowed', 3, 'is among the processes of the host'],
      ['isHostNetworkAllowed', 4, 'is on the network of the host'],
      ['isHostSocketAllowed', 4, 'reaches the engine socket'],
    ])(
      '%s is seen on tier %i, told by the health of the backend, and not given to tier 2',
      async (right, tier, finding) => {
        const rights: DockerOptions['rights'] = { ...NO_HOST_RIGHTS, [right]: true };
        const opened = await dockerUnderTest({ rights });
        try {
          const [high, low] = [crypto.randomUUID(), crypto.randomUUID()];
          urlOf(await opened.dispatcher.start(specOf(high, { tier }), 'docker'));
          urlOf(await opened.dispatcher.start(specOf(low, { tier: 2 }), 'docker'));
          expect(await findEscapes(`ws-${high}`, tier, [])).toContain(finding);
          expect(await findEscapes(`ws-${low}`, 2, [])).toEqual([]);
          expect((await opened.dispatcher.health()).docker?.isolation).toContain('OPENED by the operator');
        } finally {
          await opened.close();
        }
      },
    );
  });
});

function docker(...args: string[]): void {
  execFileSync('docker', args, { stdio: 'pipe' });
}

function listen(host: string): Promise<Server> {
  const server = createServer((_, response) => response.end('reached'));
  return new Promise((resolve) => server.listen(0, host, () => resolve(server)));
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}
