// The ec2 driver on an emulator of AWS that nobody here wrote (moto): what it asks for is what the services understand, and
// nothing is left at the end. No machine boots there, and a network interface never gets free again: booting and upgrading are
// tested on a stand-in.

import { randomUUID } from 'node:crypto';
import { createLog, systemClock } from '@molecule/kit';
import { type Moto, startMoto } from '@molecule/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { specFor } from '../driver.contract.ts';
import { type Cloud, openCloud } from './cloud.ts';
import { Ec2Driver } from './ec2-driver.ts';
import type { Ec2Settings } from './ec2-settings.ts';
import { TAGS } from './tags.ts';

const REGION = 'eu-central-1';
const BUILD = 'b'.repeat(64);

describe.skipIf(!process.env.MOLECULE_TEST_MOTO)(
  'on an emulator of the services',
  { timeout: 120_000 },
  () => {
    let moto: Moto;
    let cloud: Cloud;
    let settings: Ec2Settings;
    const kept = { ...process.env };
    const driver = () =>
      new Ec2Driver({ cloud, settings, clock: systemClock, log: createLog({ level: 'silent' }), lookMs: 20 });

    beforeAll(async () => {
      Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'none', AWS_SECRET_ACCESS_KEY: 'none' });
      moto = await startMoto();
      await createProfile(moto.url);
      cloud = await openCloud({ region: REGION, endpoint: moto.url, secretsEndpoint: moto.url });
      letGoOfTerminated(cloud);
      const { Subnets } = await cloud.ec2.describeSubnets({});
      const subnet = Subnets?.[0];
      const { GroupId } = await cloud.ec2.createSecurityGroup({
        GroupName: 'edge',
        Description: 'edge',
        VpcId: subnet?.VpcId,
      });
      settings = {
        region: REGION,
        env: 'test',
        subnetId: subnet?.SubnetId ?? '',
        edgeGroupId: GroupId ?? '',
        instanceType: 't3.small',
        instanceProfile: 'tenant',
        dataGib: 8,
        endpoint: moto.url,
        secretsEndpoint: moto.url,
      };
      for (const [name, build] of [
        ['a', ''],
        ['b', BUILD],
      ] as const) {
        const { ImageId = '' } = await cloud.ec2.registerImage({ Name: name });
        const Tags = [
          { Key: TAGS.image, Value: name },
          { Key: TAGS.build, Value: build },
        ];
        await cloud.ec2.createTags({ Resources: [ImageId], Tags });
      }
    }, 60_000);
    afterAll(async () => {
      await moto?.stop();
      for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) {
        if (kept[name] === undefined) delete process.env[name];
        else process.env[name] = kept[name];
      }
    });

    it('finds machine images by their name, and what program they hold', async () => {
      expect([
        await driver().hasImage('a'),
        await driver().hasImage('c'),
        await driver().hasImage('*'),
      ]).toEqual([true, false, false]);
      expect([await driver().buildOf('a'), await driver().buildOf('b')]).toEqual([null, BUILD]);
      await driver().checkRoom();
    });

    it('places a tenant once, stops it, starts it, and removes all of it', async () => {
      const orgId = randomUUID();
      const { upstream } = await driver().ensureRunning(specFor(orgId, 'a'));
      expect(upstream).toMatch(/^http:\/\/\d+\.\d+\.\d+\.\d+:8080$/);
      expect(await driver().inspect(orgId)).toEqual({ state: 'running', upstream, image: 'a' });
      expect(await driver().list()).toEqual([orgId]);
      expect((await driver().ensureRunning(specFor(orgId, 'a'))).upstream).toBe(upstream);

      await driver().stop(orgId);
      expect(await driver().inspect(orgId)).toEqual({ state: 'stopped' });
      await driver().ensureRunning(specFor(orgId, 'a'));
      await driver().destroy(orgId);
      expect(await driver().list()).toEqual([]);
      expect(await leftOf(orgId)).toEqual([0, 0, 0, 0]);
      expect(await driver().inspect(orgId)).toEqual({ state: 'absent' });
    });

    it('keeps what is secret in the secret alone, and lets the edge in alone', async () => {
      const orgId = randomUUID();
      await driver().ensureRunning(specFor(orgId, 'a'));
      const { Reservations } = await cloud.ec2.describeInstances({
        Filters: [{ Name: `tag:${TAGS.org}`, Values: [orgId] }],
      });
      const instance = Reservations?.[0]?.Instances?.[0];
      const { UserData } = await cloud.ec2.describeInstanceAttribute({
        InstanceId: instance?.InstanceId,
        Attribute: 'userData',
      });
      const told = Buffer.from(UserData?.Value ?? '', 'base64').toString('utf8');
      expect(JSON.parse(told)).toMatchObject({ version: 1, region: REGION });
      expect(told).not.toMatch(/-for-tests/);
      const { SecretString = '' } = await cloud.secrets.getSecretValue({
        SecretId: `molecule/test/${orgId}`,
      });
      expect(JSON.parse(SecretString)).toMatchObject({ ADMIN_TOKEN: 'a-token-for-tests' });
      const { Tags } = await cloud.secrets.describeSecret({ SecretId: `molecule/test/${orgId}` });
      const reader = Tags?.find(({ Key }) => Key === TAGS.reader)?.Value;
      expect(reader).toMatch(new RegExp(`^arn:aws:ec2:${REGION}:\\d{12}:instance/${instance?.InstanceId}$`));
      const { SecurityGroups } = await cloud.ec2.describeSecurityGroups({
        Filters: byOrg(orgId),
      });
      const rules = SecurityGroups?.[0]?.IpPermissions ?? [];
      expect(
        rules.map(({ FromPort, ToPort, IpRanges, UserIdGroupPairs }) => [
          FromPort,
          ToPort,
          IpRanges,
          UserIdGroupPairs?.map(({ GroupId }) => GroupId),
        ]),
      ).toEqual([[8080, 8080, [], [settings.edgeGroupId]]]);
      await driver().destroy(orgId);
    });

    it('says in one sentence what is missing', async () => {
      await expect(driver().ensureRunning(specFor(randomUUID(), 'c'))).rejects.toMatchObject({
        code: 'IMAGE_MISSING',
      });
      await expect(driver().ensureRunning(specFor('../x', 'a'))).rejects.toMatchObject({
        code: 'INVALID_REQUEST',
      });
      const elsewhere = new Ec2Driver({
        cloud,
        settings: { ...settings, subnetId: 'subnet-00000000000000000' },
        clock: systemClock,
        log: createLog({ level: 'silent' }),
      });
      await expect(elsewhere.checkRoom()).rejects.toMatchObject({ code: 'BACKEND_TRANSIENT' });
      for (const orgId of await driver().list()) await driver().destroy(orgId);
    });

    const byOrg = (orgId: string) => [{ Name: `tag:${TAGS.org}`, Values: [orgId] }];
    const leftOf = async (orgId: string) => {
      const Filters = byOrg(orgId);
      const [volumes, interfaces, groups, secrets] = await Promise.all([
        cloud.ec2.describeVolumes({ Filters }),
        cloud.ec2.describeNetworkInterfaces({ Filters }),
        cloud.ec2.describeSecurityGroups({ Filters }),
        cloud.secrets.listSecrets({}),
      ]);
      return [
        volumes.Volumes?.length,
        interfaces.NetworkInterfaces?.length,
        groups.SecurityGroups?.length,
        secrets.SecretList?.length,
      ];
    };
  },
);

/** The service frees the volumes of a terminated instance; moto leaves that out. */
function letGoOfTerminated({ ec2 }: Cloud): void {
  const terminate = ec2.terminateInstances.bind(ec2) as (input: {
    InstanceIds: string[];
  }) => Promise<unknown>;
  const freed = async (input: { InstanceIds: string[] }) => {
    const answer = await terminate(input);
    const { Volumes = [] } = await ec2.describeVolumes({});
    for (const { VolumeId, Attachments } of Volumes)
      if (input.InstanceIds.includes(Attachments?.[0]?.InstanceId ?? ''))
        await ec2.detachVolume({ VolumeId });
    return answer;
  };
  Object.assign(ec2, { terminateInstances: freed });
}

/** By hand: this is the one call that only the test makes of that service. */
async function createProfile(url: string): Promise<void> {
  const authorization = `AWS4-HMAC-SHA256 Credential=none/20300101/${REGION}/iam/aws4_request, SignedHeaders=host, Signature=0`;
  const body = new URLSearchParams({
    Action: 'CreateInstanceProfile',
    Version: '2010-05-08',
    InstanceProfileName: 'tenant',
  });
  const { status } = await fetch(url, { method: 'POST', headers: { authorization }, body });
  expect(status).toBe(200);
}
