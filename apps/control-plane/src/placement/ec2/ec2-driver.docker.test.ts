// The ec2 driver against the contract of all drivers, on a stand-in of the cloud whose machines really boot what their user data
// says; and what only this driver promises: parts of its own, secrets for its own machine alone, and nothing of them left.

import { randomUUID } from 'node:crypto';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createLog, systemClock } from '@molecule/kit';
import { ENGINE_SOCKET } from '@molecule/testkit';
import Docker from 'dockerode';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildStandIn } from '../docker/testing/stand-in-image.ts';
import { describePlacementDriver, specFor } from '../driver.contract.ts';
import { openCloud } from './cloud.ts';
import { Ec2Driver } from './ec2-driver.ts';
import { StandInCloud } from './testing/stand-in-cloud.ts';
import { accessKeyOf } from './testing/stand-in-ec2.ts';

// Machines of the stand-in mount block devices.
const isPossible = (process.env.MOLECULE_TEST_LOOP_DEVICES ?? '') !== '';
const APPS = join(dirname(fileURLToPath(import.meta.url)), '../../../..');
const docker = new Docker({ socketPath: ENGINE_SOCKET });
const name = `molecule-cloud-${randomUUID().slice(0, 8)}`;
const IMAGES = ['a', 'b'] as const;
const BUILD = 'b'.repeat(64);
const BOOT_MS = 30_000;
let cloud: StandInCloud;
let url = '';

async function open(): Promise<Ec2Driver> {
  const { region, subnetId, edgeGroupId } = StandInCloud.place;
  const settings = {
    region,
    subnetId,
    edgeGroupId,
    env: 'test',
    instanceType: 't3.small',
    instanceProfile: 'tenant',
    dataGib: 8,
    endpoint: url,
    secretsEndpoint: url,
  };
  return new Ec2Driver({
    cloud: await openCloud(settings),
    settings,
    clock: systemClock,
    log: createLog({ level: 'silent' }),
    lookMs: 50,
  });
}

async function opener(): Promise<() => Ec2Driver> {
  const another = await open();
  return () => another;
}

async function inside(orgId: string, command: string, ...args: string[]): Promise<string> {
  const [machine] = cloud.ec2.machinesOf(orgId);
  const exec = await cloud.host.containerOf(machine?.id ?? '').exec({
    Cmd: ['sh', '-c', command, 'sh', ...args],
    User: '1000:1000',
    AttachStdout: true,
    AttachStderr: true,
    Tty: true,
  });
  let text = '';
  for await (const chunk of await exec.start({ Tty: true })) text += String(chunk);
  return text.trim();
}

/** The stand-in of a tenant says whose it is. */
async function answers(orgId: string): Promise<void> {
  const driver = await open();
  const found = await driver.inspect(orgId);
  if (found.state !== 'running') throw new Error(`the tenant is ${found.state}`);
  const endAt = Date.now() + BOOT_MS;
  while ((await (await fetch(found.upstream).catch(() => null))?.text()) !== orgId) {
    if (Date.now() > endAt)
      throw new Error(`the tenant does not answer: ${await driver.readLog(orgId, 2_000)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

describe.skipIf(!isPossible)('on a stand-in of the cloud', () => {
  beforeAll(async () => {
    process.env.AWS_ACCESS_KEY_ID = 'AKIAOPERATOR';
    process.env.AWS_SECRET_ACCESS_KEY = 'of-an-operator';
    await buildStandIn(docker, `${name}:machine`, {
      programs: ['/usr/sbin/ip', '/usr/bin/setpriv', '/usr/sbin/mkfs.ext4', '/usr/bin/mount'],
      folders: { 'opt/tenant-boot': join(APPS, 'tenant-boot/dist') },
      user: '0:0',
      command: ['node', '/opt/tenant-boot/main.js'],
    });
    await docker.getImage(`${name}:machine`).inspect();
    cloud = await StandInCloud.open({
      docker,
      name,
      images: IMAGES.map((image, i) => ({
        id: `ami-${String(i).repeat(17)}`,
        engineImage: `${name}:machine`,
        tags: { MoleculeImage: image, ...(image === 'b' ? { MoleculeBuild: BUILD } : {}) },
      })),
      lagMs: 80,
      stepMs: 40,
      throttleEvery: 9,
    });
    url = cloud.url;
  }, 120_000);
  afterAll(async () => {
    await cloud?.close();
    await docker.getImage(`${name}:machine`).remove({ force: true });
  }, 60_000);

  describePlacementDriver(
    'ec2',
    async () => ({
      driver: await open(),
      again: await opener(),
      images: IMAGES,
      crash: async (orgId) => {
        await answers(orgId);
        const [machine] = cloud.ec2.machinesOf(orgId);
        await cloud.host.containerOf(machine?.id ?? '').kill();
        await expect.poll(() => machine?.state).toBe('stopped');
      },
      write: async (orgId, text) => {
        await answers(orgId);
        expect(await inside(orgId, 'printf %s "$1" > /data/kept.txt && sync', text)).toBe('');
      },
      read: async (orgId) => {
        await answers(orgId);
        return inside(orgId, 'cat /data/kept.txt');
      },
      count: async (orgId) =>
        cloud.ec2.machinesOf(orgId).filter(({ state }) => state === 'running' || state === 'pending').length,
      close: async () => {},
    }),
    180_000,
  );

  it('makes one tenant however many control planes were killed on the way, and leaves nothing', async () => {
    const orgId = randomUUID();
    const before = cloud.ec2.launches;
    const steps = [
      'CreateSecurityGroup',
      'AuthorizeSecurityGroupIngress',
      'CreateNetworkInterface',
      'CreateSecret',
      'CreateVolume',
      'RunInstances',
      'TagResource',
      'AttachVolume',
    ];
    for (const step of steps) {
      cloud.lost.add(step);
      await expect((await open()).ensureRunning(specFor(orgId, 'a'))).rejects.toMatchObject({
        code: 'BACKEND_TRANSIENT',
      });
      expect([step, cloud.lost.size]).toEqual([step, 0]);
    }
    await (await open()).ensureRunning(specFor(orgId, 'a'));
    await answers(orgId);
    expect(cloud.ec2.launches - before).toBe(1);

    // An upgrade, killed at each of its steps, and back.
    expect(await inside(orgId, 'printf before > /data/kept.txt && sync')).toBe('');
    for (const step of ['StopInstances', 'CreateSnapshot', 'TerminateInstances', 'RunInstances']) {
      cloud.lost.add(step);
      await expect((await open()).ensureRunning(specFor(orgId, 'b'))).rejects.toThrow();
      expect([step, cloud.lost.size]).toEqual([step, 0]);
    }
    await (await open()).ensureRunning(specFor(orgId, 'b'));
    await answers(orgId);
    expect(await inside(orgId, 'printf after > /data/kept.txt && sync; cat /data/kept.txt')).toBe('after');
    for (const step of ['CreateVolume', 'DeleteVolume', 'DeleteSnapshot']) {
      cloud.lost.add(step);
      await expect((await open()).ensureRunning(specFor(orgId, 'a'))).rejects.toThrow();
      expect([step, cloud.lost.size]).toEqual([step, 0]);
    }
    await (await open()).ensureRunning(specFor(orgId, 'a'));
    await answers(orgId);
    expect(await inside(orgId, 'cat /data/kept.txt')).toBe('before');
    expect(cloud.ec2.launches - before).toBe(3);

    for (const step of ['TerminateInstances', 'DeleteSecret', 'DeleteVolume', 'DeleteNetworkInterface']) {
      cloud.lost.add(step);
      await expect((await open()).destroy(orgId)).rejects.toThrow();
    }
    await (await open()).destroy(orgId);
    expect([cloud.ec2.left(), [...cloud.secrets.all.keys()]]).toEqual([[], []]);
  }, 240_000);

  it('brings nothing back when what was kept came to nothing, and keeps what there is', async () => {
    const orgId = randomUUID();
    const driver = await open();
    await driver.ensureRunning(specFor(orgId, 'a'));
    await driver.ensureRunning(specFor(orgId, 'b'));
    await answers(orgId);
    expect(await inside(orgId, 'printf newer > /data/kept.txt && sync')).toBe('');
    cloud.ec2.failSnapshots();
    await expect(driver.ensureRunning(specFor(orgId, 'a'))).rejects.toThrow('cannot be brought back');
    await driver.ensureRunning(specFor(orgId, 'b'));
    await answers(orgId);
    expect(await inside(orgId, 'cat /data/kept.txt')).toBe('newer');
    await driver.destroy(orgId);
  }, 120_000);

  it('gives a tenant its secrets, and nobody who works there a way to them or to others', async () => {
    const [one, two] = [randomUUID(), randomUUID()];
    const driver = await open();
    await Promise.all([one, two].map((orgId) => driver.ensureRunning(specFor(orgId, 'a'))));
    await answers(one);
    await answers(two);
    // As root of that machine, who could open the way again: another tenant's secret stays closed.
    const [machine] = cloud.ec2.machinesOf(one);
    const key = accessKeyOf(machine?.id ?? '');
    const read = (orgId: string) =>
      cloud.secrets.answer('GetSecretValue', { SecretId: `molecule/test/${orgId}` }, key);
    expect(read(one)).toMatchObject({ Name: `molecule/test/${one}` });
    expect(() => read(two)).toThrow('may not do that');
    expect(() => cloud.secrets.answer('DescribeSecret', { SecretId: `molecule/test/${one}` }, key)).toThrow();
    expect(await inside(one, 'ip route get 169.254.77.77')).toMatch(/blackhole|Invalid argument|unreachable/);
    expect(await inside(one, 'id -u; mount -t tmpfs none /mnt || echo refused')).toMatch(
      /^1000\s[\s\S]*refused/,
    );
    expect(await driver.readLog(one, 2_000)).toContain('starting the tenant');
    for (const orgId of [one, two]) await driver.destroy(orgId);
    expect(cloud.ec2.left()).toEqual([]);
  }, 120_000);
});
