// The docker driver against the contract of all drivers on a real engine, with a small program in the place of the tenant; and
// what only this driver promises: a network, a volume and limits of its own, and nothing of them left.

import { randomUUID } from 'node:crypto';
import { createLog } from '@molecule/kit';
import { ENGINE_SOCKET } from '@molecule/testkit';
import Docker from 'dockerode';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describePlacementDriver, specFor } from '../driver.contract.ts';
import { DockerDriver, REPOSITORY } from './docker-driver.ts';
import { buildStandIn } from './testing/stand-in-image.ts';

const docker = new Docker({ socketPath: ENGINE_SOCKET });
const platformId = `test-${randomUUID()}`;
const IMAGES = [`a-${platformId}`, `b-${platformId}`] as const;
const open = () =>
  new DockerDriver({
    socketPath: ENGINE_SOCKET,
    platformId,
    memoryMib: 256,
    cpus: 0.5,
    maxProcesses: 64,
    log: createLog({ level: 'silent' }),
  });
const containerOf = (orgId: string) => docker.getContainer(`molecule-tenant-${orgId}`);

beforeAll(async () => {
  await buildStandIn(docker, `${REPOSITORY}:${IMAGES[0]}`);
  await docker.getImage(`${REPOSITORY}:${IMAGES[0]}`).tag({ repo: REPOSITORY, tag: IMAGES[1] });
}, 120_000);
afterAll(async () => {
  for (const image of IMAGES) await docker.getImage(`${REPOSITORY}:${image}`).remove({ force: true });
});

async function inside(orgId: string, command: string, ...args: string[]): Promise<string> {
  const exec = await containerOf(orgId).exec({
    Cmd: ['sh', '-c', command, 'sh', ...args],
    AttachStdout: true,
    AttachStderr: true,
    Tty: true,
  });
  const stream = await exec.start({ Tty: true });
  let text = '';
  for await (const chunk of stream) text += String(chunk);
  return text.trim();
}

async function destroyAll(): Promise<void> {
  const driver = open();
  for (const orgId of await driver.list()) await driver.destroy(orgId);
}

describePlacementDriver('docker', async () => ({
  driver: open(),
  again: open,
  images: IMAGES,
  crash: async (orgId) => {
    await containerOf(orgId).kill();
    await containerOf(orgId).wait();
  },
  write: async (orgId, text) => {
    expect(await inside(orgId, 'printf %s "$1" > /data/kept.txt', text)).toBe('');
  },
  read: (orgId) => inside(orgId, 'cat /data/kept.txt'),
  count: async (orgId) =>
    (await docker.listContainers({ filters: { label: [`molecule.tenant=${orgId}`] } })).length,
  close: destroyAll,
}));

describe('the program of an image', { timeout: 120_000 }, () => {
  const told = (tag: string) => `${REPOSITORY}:${tag}-${platformId}`;
  afterAll(async () => {
    for (const tag of ['told', 'lied']) await docker.getImage(told(tag)).remove({ force: true });
  });

  it('is what its label tells, and unknown where that is no digest or there is none', async () => {
    const build = 'b'.repeat(64);
    await buildStandIn(docker, told('told'), { labels: { 'molecule.build': build } });
    await buildStandIn(docker, told('lied'), { labels: { 'molecule.build': 'newest' } });
    const driver = open();
    expect(await driver.buildOf(`told-${platformId}`)).toBe(build);
    for (const image of [`lied-${platformId}`, IMAGES[0], 'no-such', '../told'])
      expect([image, await driver.buildOf(image)]).toEqual([image, null]);
  });
});

describe('a tenant as a container', { timeout: 120_000 }, () => {
  afterAll(destroyAll, 60_000);

  it('has limits, no rights, a root that it cannot write to, and a network of its own', async () => {
    const driver = open();
    const [one, two] = [randomUUID(), randomUUID()];
    for (const orgId of [one, two]) await driver.ensureRunning(specFor(orgId, IMAGES[0]));
    const { HostConfig, NetworkSettings } = await containerOf(one).inspect();
    expect(HostConfig).toMatchObject({
      Memory: 256 * 1024 * 1024,
      NanoCpus: 500_000_000,
      PidsLimit: 64,
      CapDrop: ['ALL'],
      ReadonlyRootfs: true,
      SecurityOpt: ['no-new-privileges'],
    });
    expect(await inside(one, 'touch /etc/x 2>&1 || id -u')).toMatch(/1000$/);
    const other = (await containerOf(two).inspect()).NetworkSettings.Networks;
    const address = Object.values(other)[0]?.IPAddress ?? '';
    expect(Object.keys(NetworkSettings.Networks)).toEqual([`molecule-tenant-${one}`]);
    const reach = `node -e 'const s = require("net").connect(8080, process.argv[1]); s.setTimeout(2000, () => { console.log("no"); process.exit() }); s.on("connect", () => { console.log("yes"); process.exit() }).on("error", () => console.log("no"))' "$1"`;
    expect(await inside(two, reach, '127.0.0.1')).toBe('yes');
    expect(await inside(one, reach, address)).toBe('no');
  });

  it('answers where the driver says, and what it prints is read', async () => {
    const driver = open();
    const orgId = randomUUID();
    const { upstream } = await driver.ensureRunning(specFor(orgId, IMAGES[0]));
    await expect
      .poll(
        () =>
          fetch(upstream).then(
            (answer) => answer.text(),
            () => '',
          ),
        { timeout: 20_000 },
      )
      .toBe(orgId);
    expect(await driver.readLog(orgId, 1_000)).toContain('stand-in is ready');
    expect((await driver.readLog(orgId, 5)).length).toBe(5);
  });

  it('leaves no container, volume or network, also after an upgrade', async () => {
    const driver = open();
    const orgId = randomUUID();
    await driver.ensureRunning(specFor(orgId, IMAGES[0]));
    await driver.ensureRunning(specFor(orgId, IMAGES[1]));
    await driver.destroy(orgId);
    const filters = { label: [`molecule.tenant=${orgId}`] };
    expect(await docker.listContainers({ all: true, filters })).toEqual([]);
    expect((await docker.listVolumes({ filters: filters as never })).Volumes ?? []).toEqual([]);
    expect(await docker.listNetworks({ filters: filters as never })).toEqual([]);
  });

  it('of another platform on the same engine is not there for this one (C1)', async () => {
    const orgId = randomUUID();
    await open().ensureRunning(specFor(orgId, IMAGES[0]));
    const stranger = new DockerDriver({
      socketPath: ENGINE_SOCKET,
      platformId: `other-${platformId}`,
      memoryMib: 256,
      cpus: 0.5,
      maxProcesses: 64,
      log: createLog({ level: 'silent' }),
    });
    expect(await stranger.inspect(orgId)).toEqual({ state: 'absent' });
    expect(await stranger.list()).toEqual([]);
    await stranger.destroy(orgId);
    expect((await open().inspect(orgId)).state).toBe('running');
  });

  it('is unknown, and not absent, while the engine does not answer (D3)', async () => {
    const driver = new DockerDriver({
      socketPath: '/nowhere/docker.sock',
      platformId,
      memoryMib: 256,
      cpus: 0.5,
      maxProcesses: 64,
      log: createLog({ level: 'silent' }),
    });
    expect(await driver.inspect(randomUUID())).toEqual({ state: 'unknown' });
    await expect(driver.checkRoom()).rejects.toMatchObject({ code: 'BACKEND_TRANSIENT' });
  });
});
