// EC2 driver: a tenant as an instance of its own, with a network interface, a security group, a secret and a volume that outlive
// the instance.
//
//   E1. One interface for one tenant: two instances can't have it, so there are never two tenants of an organisation.
//   E2. A launch has a token of what it is for and how many launches there were: asked for twice, there is one instance. One that
//       has ended already is no answer to it; then the count goes up.
//   E3. The volume is attached last: an instance that has it was made whole.
//   E4. All of a tenant's data is turned to its image before an instance starts (tenant-data.ts).
//   E5. What was made a moment ago and is not found is unknown, not absent.

import type { Instance, Volume } from '@aws-sdk/client-ec2';
import { Fault, faults, isUuid } from '@molecule/domain';
import { type Clock, KeyedLock, type Log } from '@molecule/kit';
import type { Placement, PlacementDriver, TenantSpec, TenantState } from '../driver.ts';
import { type Cloud, faultOf, refusalOf } from './cloud.ts';
import { type Ec2Settings, TENANT_PORT } from './ec2-settings.ts';
import { type Patience, patience } from './patience.ts';
import { imageOf, TAGS, tagOf, tagsOf, tokenOf } from './tags.ts';
import { TenantData } from './tenant-data.ts';
import { ignoring, type Parts, required, TenantParts } from './tenant-parts.ts';
import { bundleOf, environmentsOf, userDataOf } from './user-data.ts';

const IMAGE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
const SHA256 = /^[0-9a-f]{64}$/;
/** As a machine of the Nitro system is asked for it; it finds the volume by its id. */
const DEVICE = '/dev/sdf';
const LAUNCHES = 5;
/** So long a service may not find what it has made. */
const UNSEEN_MS = 300_000;

export interface Ec2DriverOptions {
  cloud: Cloud;
  settings: Ec2Settings;
  clock: Clock;
  log: Log;
  /** Between two looks at what takes its time. */
  lookMs?: number;
}

export class Ec2Driver implements PlacementDriver {
  readonly name = 'ec2';
  readonly capabilities = { hasSlots: false, stopsWithPlatform: false, startsAtOnce: 16 };
  readonly units = null;
  readonly #cloud: Cloud;
  readonly #settings: Ec2Settings;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #until: Patience;
  readonly #parts: TenantParts;
  readonly #data: TenantData;
  readonly #locks = new KeyedLock();
  /** E5. */
  readonly #madeAt = new Map<string, number>();

  constructor({ cloud, settings, clock, log, lookMs = 2_000 }: Ec2DriverOptions) {
    this.#cloud = cloud;
    this.#settings = settings;
    this.#clock = clock;
    this.#log = log;
    this.#until = patience(clock, lookMs);
    this.#parts = new TenantParts(cloud, settings, this.#until);
    this.#data = new TenantData(cloud, this.#parts, this.#until);
  }

  async checkRoom(): Promise<void> {
    const { AvailableIpAddressCount = 0 } = await asked(() => this.#parts.subnet());
    if (AvailableIpAddressCount === 0)
      throw new Fault('CAPACITY', `the subnet ${this.#settings.subnetId} has no free address`);
  }

  ensureRunning(spec: TenantSpec): Promise<Placement> {
    return this.#alone(spec.orgId, async () => {
      const { instances } = await this.#parts.machinesOf(spec.orgId);
      const upstream = upstreamOfWhole(instances.find((instance) => imageOf(instance) === spec.image));
      if (upstream) return { upstream };
      this.#remember(spec.orgId);
      return { upstream: await this.#bringUp(spec) };
    });
  }

  async inspect(orgId: string): Promise<TenantState> {
    try {
      const [{ instances }, volumes] = await Promise.all([
        this.#parts.machinesOf(orgId),
        this.#parts.volumesOf(orgId),
      ]);
      return this.#stateOf(orgId, instances[0] ?? null, volumes);
    } catch (error) {
      this.#log.warn({ err: faultOf(error), orgId }, 'a tenant could not be looked at');
      return { state: 'unknown' };
    }
  }

  async hasImage(image: string): Promise<boolean> {
    return (await asked(() => this.#findImage(image))) !== null;
  }

  async buildOf(image: string): Promise<string | null> {
    const build = tagOf((await asked(() => this.#findImage(image)))?.Tags, TAGS.build);
    return build !== null && SHA256.test(build) ? build : null;
  }

  settleImage(orgId: string): Promise<void> {
    return this.#alone(orgId, async () => {
      await this.#parts.removeSnapshots((await this.#parts.lookAtAll(orgId)).snapshots);
    });
  }

  stop(orgId: string): Promise<void> {
    return this.#alone(orgId, async () => {
      const { instances } = await this.#parts.machinesOf(orgId);
      for (const instance of instances) await this.#stop(orgId, instance);
    });
  }

  destroy(orgId: string): Promise<void> {
    return this.#alone(orgId, async () => {
      let emptyLooks = 0;
      await this.#until('the tenant is gone', async () => {
        const parts = await this.#parts.lookAtAll(orgId);
        emptyLooks = isEmpty(parts) ? emptyLooks + 1 : 0;
        if (emptyLooks === 0) await this.#parts.removeWhatIsFree(orgId, parts);
        return emptyLooks >= (this.#isFresh(orgId) ? 2 : 1) ? true : null;
      });
      this.#madeAt.delete(orgId);
    });
  }

  async list(): Promise<string[]> {
    return (await asked(() => this.#parts.orgs())).filter(isUuid);
  }

  async readLog(orgId: string, maxBytes: number): Promise<string> {
    const { instances } = await asked(() => this.#parts.machinesOf(orgId));
    const InstanceId = instances[0]?.InstanceId;
    if (!InstanceId) return '';
    const { Output = '' } = await asked(() => this.#readConsole(InstanceId));
    return Buffer.from(Output, 'base64').toString('utf8').slice(-maxBytes);
  }

  /** The latest words, which not every type of instance has. */
  async #readConsole(InstanceId: string) {
    try {
      return await this.#cloud.ec2.getConsoleOutput({ InstanceId, Latest: true });
    } catch (error) {
      if (!/^(UnsupportedOperation|InvalidParameterCombination)$/.test(refusalOf(error))) throw error;
      return this.#cloud.ec2.getConsoleOutput({ InstanceId });
    }
  }

  #stateOf(orgId: string, instance: Instance | null, volumes: readonly Volume[]): TenantState {
    const state = instance?.State?.Name;
    if (instance && state === 'running' && instance.PrivateIpAddress)
      return { state: 'running', upstream: upstreamOf(instance), image: imageOf(instance) };
    if (instance && state !== 'stopped') return { state: 'unknown' };
    if (instance || volumes.length > 0) return { state: 'stopped' };
    return { state: this.#isFresh(orgId) ? 'unknown' : 'absent' };
  }

  async #bringUp(spec: TenantSpec): Promise<string> {
    const { orgId } = spec;
    const parts = await this.#parts.lookAtAll(orgId);
    const subnet = await this.#parts.subnet();
    const groupId = await this.#parts.ensureGroup(orgId, parts.groups, required(subnet.VpcId));
    const { NetworkInterfaceId } = await this.#parts.ensureInterface(orgId, parts.interfaces, groupId);
    const secretArn = await this.#parts.writeSecret(orgId, bundleOf(spec));
    const own = await this.#clearWay(spec, parts);
    const volume = await this.#data.turn(spec, own !== null, required(subnet.AvailabilityZone));
    const launch = { spec, groupId, secretArn, interfaceId: required(NetworkInterfaceId), volume };
    const { InstanceId } = own ? await this.#startAgain(own) : await this.#launch(launch);
    const instanceId = required(InstanceId);
    await this.#parts.nameReader(orgId, arnOf(required(subnet.SubnetArn), instanceId));
    const running = await this.#waitFor(instanceId, 'running');
    await this.#attach(instanceId, required(volume.VolumeId));
    return upstreamOf(running);
  }

  /** What runs another image makes way, with its data kept. What is left is this image's own instance, stopped or not, or none. */
  async #clearWay({ orgId, image }: TenantSpec, parts: Parts): Promise<Instance | null> {
    for (const other of parts.instances.filter((instance) => imageOf(instance) !== image)) {
      await this.#stop(orgId, other);
      await this.#data.keep(orgId, other, image, parts);
      await this.#terminate(other);
    }
    for (const ending of parts.ending) await this.#waitFor(required(ending.InstanceId), 'terminated');
    return parts.instances.find((instance) => imageOf(instance) === image) ?? null;
  }

  async #startAgain(instance: Instance): Promise<Instance> {
    const id = required(instance.InstanceId);
    if (instance.State?.Name === 'stopping') await this.#waitFor(id, 'stopped');
    if (instance.State?.Name === 'pending' || instance.State?.Name === 'running') return instance;
    await this.#cloud.ec2.startInstances({ InstanceIds: [id] });
    return instance;
  }

  /** E1, E2. */
  async #launch(launch: Launch): Promise<Instance> {
    const image = await this.#findImage(launch.spec.image);
    if (!image?.ImageId)
      throw new Fault('IMAGE_MISSING', `no machine image of this account is tagged ${launch.spec.image}`);
    const place = await this.#placeOf(launch.interfaceId, launch.spec.image);
    if (place.instance) return place.instance;
    for (let at = place.generation; at < place.generation + LAUNCHES; at++) {
      const made = await this.#run(launch, image.ImageId, at);
      const state = made.State?.Name ?? '';
      if (state === 'pending' || state === 'running') return made;
      await this.#cloud.ec2.createTags({
        Resources: [launch.interfaceId],
        Tags: [{ Key: TAGS.generation, Value: String(at + 1) }],
      });
    }
    throw faults.backendTransient('every instance that was launched for this tenant had ended already');
  }

  async #run(launch: Launch, imageId: string, generation: number): Promise<Instance> {
    const { spec, interfaceId, secretArn, volume, groupId } = launch;
    const { instanceType, instanceProfile, env, region } = this.#settings;
    const UserData = userDataOf({
      version: 1,
      region,
      bundle: secretArn,
      volume: required(volume.VolumeId),
      environment: environmentsOf(spec).open,
    });
    const more = { [TAGS.slug]: spec.slug, [TAGS.image]: spec.image, SGID: groupId };
    const what = [imageId, instanceType, instanceProfile, UserData];
    const { Instances } = await this.#cloud.ec2.runInstances({
      ImageId: imageId,
      InstanceType: instanceType as never,
      MinCount: 1,
      MaxCount: 1,
      ClientToken: tokenOf('instance', spec.orgId, String(generation), ...what),
      UserData,
      IamInstanceProfile: { Name: instanceProfile },
      NetworkInterfaces: [{ DeviceIndex: 0, NetworkInterfaceId: interfaceId }],
      MetadataOptions: { HttpEndpoint: 'enabled', HttpTokens: 'required', HttpPutResponseHopLimit: 1 },
      InstanceInitiatedShutdownBehavior: 'stop',
      TagSpecifications: [{ ResourceType: 'instance', Tags: tagsOf(env, spec.orgId, more) }],
    });
    return required(Instances?.[0]);
  }

  /** How many launches there were; or the instance that has the interface already, which a listing may not show yet. */
  #placeOf(interfaceId: string, image: string): Promise<{ generation: number; instance: Instance | null }> {
    return this.#until('the network interface is free', async () => {
      const { NetworkInterfaces } = await this.#cloud.ec2.describeNetworkInterfaces({
        NetworkInterfaceIds: [interfaceId],
      });
      const found = NetworkInterfaces?.[0];
      if (found === undefined) return null;
      const generation = Number(tagOf(found.TagSet, TAGS.generation) ?? '1');
      if (found.Status === 'available') return { generation, instance: null };
      const InstanceId = found.Attachment?.InstanceId;
      if (!InstanceId) return null;
      const { Reservations } = await this.#cloud.ec2.describeInstances({ InstanceIds: [InstanceId] });
      const instance = Reservations?.[0]?.Instances?.[0];
      const isUp = instance?.State?.Name === 'pending' || instance?.State?.Name === 'running';
      return instance && isUp && imageOf(instance) === image ? { generation, instance } : null;
    });
  }

  /** E3. */
  async #attach(InstanceId: string, VolumeId: string): Promise<void> {
    await this.#until('the volume is attached', async () => {
      const { Volumes } = await this.#cloud.ec2.describeVolumes({ VolumeIds: [VolumeId] });
      const attached = Volumes?.[0]?.Attachments?.find((each) => each.InstanceId === InstanceId);
      if (attached?.State === 'attached') return true;
      if (!attached && Volumes?.[0]?.State === 'available')
        await ignoring(['VolumeInUse', 'IncorrectState'], () =>
          this.#cloud.ec2.attachVolume({ InstanceId, VolumeId, Device: DEVICE }),
        );
      return null;
    });
  }

  async #stop(orgId: string, instance: Instance): Promise<void> {
    const id = required(instance.InstanceId);
    if (instance.State?.Name === 'stopped') return;
    this.#remember(orgId);
    if (instance.State?.Name === 'pending') await this.#waitFor(id, 'running');
    if (instance.State?.Name !== 'stopping') await this.#cloud.ec2.stopInstances({ InstanceIds: [id] });
    await this.#waitFor(id, 'stopped');
  }

  async #terminate(instance: Instance): Promise<void> {
    const id = required(instance.InstanceId);
    await this.#cloud.ec2.terminateInstances({ InstanceIds: [id] });
    await this.#waitFor(id, 'terminated');
  }

  #waitFor(instanceId: string, state: 'running' | 'stopped' | 'terminated'): Promise<Instance> {
    return this.#until(`the instance is ${state}`, async () => {
      const { Reservations } = await this.#cloud.ec2.describeInstances({ InstanceIds: [instanceId] });
      const found = Reservations?.[0]?.Instances?.[0];
      const now = found?.State?.Name;
      if (now === 'terminated' && state !== 'terminated')
        throw faults.backendTransient(
          `the instance ended while it was to be ${state}: ${found?.StateReason?.Message ?? 'no reason was given'}`,
        );
      return found && now === state ? found : null;
    });
  }

  async #findImage(image: string) {
    if (!IMAGE_NAME.test(image)) return null;
    const { Images = [] } = await this.#cloud.ec2.describeImages({
      Owners: ['self'],
      Filters: [
        { Name: `tag:${TAGS.image}`, Values: [image] },
        { Name: 'state', Values: ['available'] },
      ],
    });
    const byAge = [...Images].sort((a, b) => (b.CreationDate ?? '').localeCompare(a.CreationDate ?? ''));
    return byAge[0] ?? null;
  }

  async #alone<T>(orgId: string, work: () => Promise<T>): Promise<T> {
    if (!isUuid(orgId)) throw faults.invalidRequest('a tenant is named by the id of its organisation');
    return this.#locks.run(orgId, () => asked(work));
  }

  #remember(orgId: string): void {
    const now = this.#clock.now();
    for (const [id, at] of this.#madeAt) if (now - at > UNSEEN_MS) this.#madeAt.delete(id);
    this.#madeAt.set(orgId, now);
  }

  #isFresh(orgId: string): boolean {
    return this.#clock.now() - (this.#madeAt.get(orgId) ?? 0) <= UNSEEN_MS;
  }
}

interface Launch {
  spec: TenantSpec;
  groupId: string;
  secretArn: string;
  interfaceId: string;
  volume: Volume;
}

async function asked<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw faultOf(error);
  }
}

const upstreamOf = ({ PrivateIpAddress }: Instance): string =>
  `http://${required(PrivateIpAddress)}:${TENANT_PORT}`;

/** E3. */
function upstreamOfWhole(instance: Instance | undefined): string | null {
  if (instance?.State?.Name !== 'running' || !instance.PrivateIpAddress) return null;
  const data = instance.BlockDeviceMappings?.find(({ DeviceName }) => DeviceName === DEVICE);
  return data?.Ebs?.Status === 'attached' ? upstreamOf(instance) : null;
}

/** In the account, region and partition of the subnet. */
const arnOf = (subnetArn: string, instanceId: string): string =>
  subnetArn.replace(/:subnet\/.*$/, `:instance/${instanceId}`);

const isEmpty = (parts: Parts): boolean =>
  [parts.instances, parts.ending, parts.interfaces, parts.volumes, parts.snapshots, parts.groups].every(
    (list) => list.length === 0,
  ) && parts.secretArn === null;
