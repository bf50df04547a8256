// Stand-in EC2: the calls of EC2 that the driver makes, as strict as the service and as slow to agree with itself.
//
//   S1. What was just made is not found by anybody, by id or by listing, until some time has passed.
//   S2. Changes take their time: pending, stopping, shutting-down, creating, attaching.
//   S3. A token asked for twice is one thing; with other parameters it is refused.
//   S4. What is in use is not removed, and what is not in the right state is not changed.
//   S5. A parameter, an action or an id of another kind is refused by name.

import { createHash, randomBytes } from 'node:crypto';
import { KNOWN_ACTIONS } from './known-actions.ts';
import type { MachineHost } from './machine-host.ts';
import { listOf, type Params, paramsOf, textOf, textsOf } from './query-protocol.ts';
import { Refusal } from './stand-in-errors.ts';
import {
  type Card,
  type Disk,
  type Group,
  type Kind,
  type Machine,
  NOT_FOUND,
  showCard,
  showDisk,
  showGroup,
  showMachine,
  showSnapshot,
  type Thing,
} from './stand-in-things.ts';

export interface StandInImage {
  id: string;
  /** Of the container engine. */
  engineImage: string;
  tags: Record<string, string>;
}

export interface StandInOptions {
  region: string;
  account: string;
  subnetId: string;
  vpcId: string;
  edgeGroupId: string;
  /** First three numbers of its addresses. */
  network: string;
  images: readonly StandInImage[];
  lagMs: number;
  stepMs: number;
  host: MachineHost;
  /** What a machine's programs find in their environment, besides nothing. */
  machineEnv(): Record<string, string>;
}

export class StandInEc2 {
  readonly #options: StandInOptions;
  readonly #things = new Map<string, Thing>();
  readonly #tokens = new Map<string, { params: string; answer: unknown; id: string }>();
  readonly #groups = new Map<string, Group>();
  #addresses = 10;
  /** How many instances were ever made. */
  launches = 0;

  constructor(options: StandInOptions) {
    this.#options = options;
  }

  /** The machine that a call came from. */
  machineBy(match: (machine: { id: string; address: string }) => boolean): Machine | null {
    const isMatch = (machine: Machine) => {
      if (machine.state === 'terminated') return false;
      const { address } = this.#things.get(machine.interfaceId) as Card;
      return match({ id: machine.id, address });
    };
    return this.#all<Machine>('i').find(isMatch) ?? null;
  }

  machinesOf(orgId: string): Machine[] {
    return this.#all<Machine>('i').filter(
      ({ tags, state }) => tags.get('OrgID') === orgId && state !== 'terminated',
    );
  }

  /** Snapshots sometimes come to nothing. */
  failSnapshots(): void {
    for (const snapshot of this.#all('snap')) snapshot.state = 'error';
  }

  /** Everything of which something is left, for whoever counts. */
  left(): string[] {
    return [...this.#things.values()].filter(({ state }) => state !== 'terminated').map(({ id }) => id);
  }

  arnOf(machineId: string): string {
    return `arn:aws:ec2:${this.#options.region}:${this.#options.account}:instance/${machineId}`;
  }

  async answer(action: string, params: Params): Promise<unknown> {
    const allowed = KNOWN_ACTIONS[action];
    if (allowed === undefined) throw new Refusal('InvalidAction', `${action} is no action`);
    const { Action: _action, Version: _version, ...rest } = params;
    for (const name of Object.keys(rest))
      if (!allowed.split(' ').includes(name)) throw new Refusal('UnknownParameter', `${action}: ${name}`);
    const token = textOf(rest.ClientToken);
    if (!token) return this.#do(action, rest);
    const known = this.#tokens.get(token);
    const { ClientToken: _token, ...asked } = rest;
    const text = JSON.stringify(asked);
    if (known && known.params !== text) throw new Refusal('IdempotentParameterMismatch', action);
    if (known) return this.#again(action, known.id);
    const answer = (await this.#do(action, rest)) as Record<string, unknown>;
    this.#tokens.set(token, { params: text, answer, id: this.#lastMade });
    return answer;
  }

  #lastMade = '';

  /** S3. As it is now, which may be terminated. */
  #again(action: string, id: string): unknown {
    const thing = this.#things.get(id);
    if (!thing) throw new Refusal('InvalidParameterValue', `what ${action} made is gone`);
    if (thing.kind === 'i') return { instancesSet: [this.#showMachine(thing as Machine)] };
    if (thing.kind === 'eni') return { networkInterface: showCard(thing as Card) };
    return showDisk(thing as Disk);
  }

  async #do(action: string, params: Params): Promise<unknown> {
    const describe = /^Describe(Instances|NetworkInterfaces|Volumes|Snapshots|SecurityGroups)$/.exec(action);
    if (describe?.[1]) return this.#describe(describe[1], params);
    const actions: Record<string, () => unknown> = {
      DescribeSubnets: () => this.#describeSubnets(params),
      DescribeImages: () => this.#describeImages(params),
      CreateSecurityGroup: () => this.#createGroup(params),
      AuthorizeSecurityGroupIngress: () => this.#authorize(params),
      DeleteSecurityGroup: () => this.#deleteGroup(params),
      CreateNetworkInterface: () => this.#createCard(params),
      DeleteNetworkInterface: () => this.#deleteCard(params),
      CreateVolume: () => this.#createDisk(params),
      AttachVolume: () => this.#attach(params),
      DeleteVolume: () => this.#deleteDisk(params),
      CreateSnapshot: () => this.#createSnapshot(params),
      DeleteSnapshot: () => this.#deleteSnapshot(params),
      RunInstances: () => this.#run(params),
      StartInstances: () => this.#eachMachine(params, (machine) => this.#start(machine)),
      StopInstances: () => this.#eachMachine(params, (machine) => this.#stop(machine)),
      TerminateInstances: () => this.#eachMachine(params, (machine) => this.#terminate(machine)),
      CreateTags: () => this.#createTags(params),
      GetConsoleOutput: () => this.#console(params),
    };
    return actions[action]?.();
  }

  // ── what there is ──

  #all<T extends Thing>(kind: Kind): T[] {
    return [...this.#things.values()].filter((thing): thing is T => thing.kind === kind);
  }

  /** S1. */
  #isSeen(thing: Thing): boolean {
    return Date.now() - thing.madeAt >= this.#options.lagMs;
  }

  #get<T extends Thing>(kind: Kind, id: string): T {
    if (!new RegExp(`^${kind}-[0-9a-f]{17}$`).test(id))
      throw new Refusal(`${NOT_FOUND[kind].split('.')[0]}.Malformed`, `"${id}" is no id of this kind`);
    const thing = this.#things.get(id);
    if (!thing || !this.#isSeen(thing)) throw new Refusal(NOT_FOUND[kind], `${id} does not exist`);
    return thing as T;
  }

  #make<T extends Thing>(kind: Kind, params: Params, more: Omit<T, keyof Thing>, state: string): T {
    const id = `${kind}-${randomBytes(9).toString('hex').slice(0, 17)}`;
    const tags = new Map<string, string>();
    for (const { Tag } of paramsOf(params.TagSpecification))
      for (const { Key, Value } of paramsOf(Tag)) tags.set(textOf(Key), textOf(Value));
    const thing = { id, kind, state, madeAt: Date.now(), tags, ...more } as unknown as T;
    this.#things.set(id, thing);
    this.#lastMade = id;
    return thing;
  }

  /** S2. */
  #later(work: () => void | Promise<void>): void {
    setTimeout(() => void Promise.resolve(work()), this.#options.stepMs).unref();
  }

  #describe(what: string, params: Params): unknown {
    const [kind, idName, setName]: [Kind, string, string] = (
      {
        Instances: ['i', 'InstanceId', 'reservationSet'],
        NetworkInterfaces: ['eni', 'NetworkInterfaceId', 'networkInterfaceSet'],
        Volumes: ['vol', 'VolumeId', 'volumeSet'],
        Snapshots: ['snap', 'SnapshotId', 'snapshotSet'],
        SecurityGroups: ['sg', 'GroupId', 'securityGroupInfo'],
      } as Record<string, [Kind, string, string]>
    )[what] ?? ['i', '', ''];
    const ids = textsOf(params[idName]);
    const found = ids.length > 0 ? ids.map((id) => this.#get(kind, id)) : this.#all(kind);
    const seen = found.filter((thing) => this.#isSeen(thing) && this.#matches(thing, params.Filter));
    // One a page, so that whoever lists has to turn pages.
    const at = Number(textOf(params.NextToken) || 0);
    const page = ids.length > 0 ? seen : seen.slice(at, at + 1);
    const shown = page.map((thing) => this.#show(thing));
    const isMore = ids.length === 0 && at + 1 < seen.length;
    return {
      [setName]: kind === 'i' ? shown.map((each) => ({ instancesSet: [each] })) : shown,
      ...(isMore ? { nextToken: String(at + 1) } : {}),
    };
  }

  #matches(thing: Thing, filter: Params[string] | undefined): boolean {
    return paramsOf(filter).every(({ Name, Value }) => {
      const [name, values] = [textOf(Name), textsOf(Value)];
      if (name.startsWith('tag:')) return values.includes(thing.tags.get(name.slice(4)) ?? '');
      if (name === 'group-name') return values.includes((thing as Group).name);
      if (name === 'vpc-id') return values.includes(this.#options.vpcId);
      throw new Refusal('InvalidParameterValue', `The filter '${name}' is invalid`);
    });
  }

  #show(thing: Thing): unknown {
    if (thing.kind === 'i') return this.#showMachine(thing as Machine);
    if (thing.kind === 'eni') return showCard(thing as Card);
    if (thing.kind === 'vol') return showDisk(thing as Disk);
    if (thing.kind === 'sg') return showGroup(thing as Group);
    return showSnapshot(thing);
  }

  #showMachine(machine: Machine): unknown {
    const disks = this.#all<Disk>('vol').filter(({ machineId }) => machineId === machine.id);
    return showMachine(machine, this.#things.get(machine.interfaceId) as Card | undefined, disks);
  }

  #describeSubnets({ SubnetId }: Params): unknown {
    const { subnetId, vpcId, region, account } = this.#options;
    for (const id of textsOf(SubnetId))
      if (id !== subnetId) throw new Refusal('InvalidSubnetID.NotFound', id);
    const subnet = {
      subnetId,
      vpcId,
      availabilityZone: `${region}a`,
      availableIpAddressCount: 250 - this.#addresses,
      subnetArn: `arn:aws:ec2:${region}:${account}:subnet/${subnetId}`,
    };
    return { subnetSet: [subnet] };
  }

  #describeImages({ Filter }: Params): unknown {
    const wanted = paramsOf(Filter).find(({ Name }) => textOf(Name) === 'tag:MoleculeImage');
    const found = this.#options.images.filter(({ tags }) =>
      textsOf(wanted?.Value).includes(tags.MoleculeImage ?? ''),
    );
    const show = ({ id, tags }: StandInImage) => ({
      imageId: id,
      imageState: 'available',
      creationDate: '2030-01-01T00:00:00.000Z',
      tagSet: Object.entries(tags).map(([key, value]) => ({ key, value })),
    });
    return { imagesSet: found.map(show) };
  }

  // ── what surrounds a machine ──

  #createGroup(params: Params): unknown {
    const name = textOf(params.GroupName);
    if (this.#groups.has(name)) throw new Refusal('InvalidGroup.Duplicate', `${name} exists already`);
    if (textOf(params.VpcId) !== this.#options.vpcId) throw new Refusal('InvalidVpcID.NotFound', name);
    const group = this.#make<Group>('sg', params, { name, rules: new Set() }, 'there');
    this.#groups.set(name, group);
    return { groupId: group.id };
  }

  #authorize({ GroupId, IpPermissions }: Params): unknown {
    const group = this.#get<Group>('sg', textOf(GroupId));
    const rule = JSON.stringify(IpPermissions);
    const [only] = paramsOf(IpPermissions);
    const sources = paramsOf(only?.Groups).map((each) => textOf(each.GroupId));
    if (sources.length !== 1 || sources[0] !== this.#options.edgeGroupId || only?.IpRanges)
      throw new Refusal('InvalidGroup.Malformed', 'a tenant is reached by the edge alone');
    if (group.rules.has(rule)) throw new Refusal('InvalidPermission.Duplicate', 'the rule exists already');
    group.rules.add(rule);
    return { return: true };
  }

  #deleteGroup({ GroupId }: Params): unknown {
    const group = this.#get<Group>('sg', textOf(GroupId));
    if (this.#all<Card>('eni').some(({ groupId }) => groupId === group.id))
      throw new Refusal('DependencyViolation', `${group.id} has a dependent object`);
    this.#groups.delete(group.name);
    this.#things.delete(group.id);
    return { return: true };
  }

  #createCard(params: Params): unknown {
    const group = this.#get<Group>('sg', textsOf(params.SecurityGroupId)[0] ?? '');
    if (group.rules.size === 0) throw new Refusal('InvalidGroup.Malformed', 'nobody could reach this tenant');
    const address = `${this.#options.network}.${this.#addresses++}`;
    const card = this.#make<Card>('eni', params, { address, groupId: group.id, machineId: null }, 'there');
    return { networkInterface: showCard(card) };
  }

  #deleteCard({ NetworkInterfaceId }: Params): unknown {
    const card = this.#get<Card>('eni', textOf(NetworkInterfaceId));
    if (card.machineId !== null) throw new Refusal('InvalidParameterValue', `${card.id} is in use`);
    this.#things.delete(card.id);
    return { return: true };
  }

  async #createDisk(params: Params): Promise<unknown> {
    const from = textOf(params.SnapshotId);
    if (textOf(params.Encrypted) !== 'true') throw new Refusal('InvalidParameterValue', 'not encrypted');
    if (from && this.#get<Thing>('snap', from).state !== 'completed')
      throw new Refusal('IncorrectState', `${from} is pending`);
    const disk = this.#make<Disk>(
      'vol',
      params,
      { from, machineId: null, device: '', attachment: '' },
      'creating',
    );
    await this.#options.host.makeDisk(disk.id, from || null);
    this.#later(() => {
      disk.state = 'available';
    });
    return showDisk(disk);
  }

  #attach({ InstanceId, VolumeId, Device }: Params): unknown {
    const machine = this.#get<Machine>('i', textOf(InstanceId));
    const disk = this.#get<Disk>('vol', textOf(VolumeId));
    if (disk.machineId !== null) throw new Refusal('VolumeInUse', `${disk.id} is already attached`);
    if (disk.state !== 'available' || !['running', 'stopped'].includes(machine.state))
      throw new Refusal('IncorrectState', `${machine.id} is not 'running'`);
    disk.machineId = machine.id;
    disk.device = textOf(Device);
    disk.attachment = 'attaching';
    this.#later(async () => {
      await this.#options.host.attach(machine.id, disk.id);
      disk.attachment = 'attached';
    });
    return { volumeId: disk.id, instanceId: machine.id, device: disk.device, status: 'attaching' };
  }

  async #deleteDisk({ VolumeId }: Params): Promise<unknown> {
    const disk = this.#get<Disk>('vol', textOf(VolumeId));
    if (disk.machineId !== null) throw new Refusal('VolumeInUse', `${disk.id} is in use`);
    this.#things.delete(disk.id);
    await this.#options.host.removeDisk(disk.id);
    return { return: true };
  }

  async #createSnapshot(params: Params): Promise<unknown> {
    const disk = this.#get<Disk>('vol', textOf(params.VolumeId));
    const snapshot = this.#make<Thing>('snap', params, {}, 'pending');
    await this.#options.host.copyDisk(disk.id, snapshot.id);
    this.#later(() =>
      this.#later(() => {
        if (snapshot.state === 'pending') snapshot.state = 'completed';
      }),
    );
    return showSnapshot(snapshot);
  }

  async #deleteSnapshot({ SnapshotId }: Params): Promise<unknown> {
    const snapshot = this.#get<Thing>('snap', textOf(SnapshotId));
    this.#things.delete(snapshot.id);
    await this.#options.host.removeDisk(snapshot.id);
    return { return: true };
  }

  #createTags({ ResourceId, Tag }: Params): unknown {
    for (const id of textsOf(ResourceId)) {
      const thing = this.#get<Thing>((id.split('-')[0] ?? '') as Kind, id);
      for (const { Key, Value } of paramsOf(Tag)) thing.tags.set(textOf(Key), textOf(Value));
    }
    return { return: true };
  }

  // ── machines ──

  async #run(params: Params): Promise<unknown> {
    const image = this.#options.images.find(({ id }) => id === textOf(params.ImageId));
    if (!image) throw new Refusal('InvalidAMIID.NotFound', textOf(params.ImageId));
    const metadata = params.MetadataOptions as Params | undefined;
    if (textOf(metadata?.HttpTokens) !== 'required')
      throw new Refusal('InvalidParameterValue', 'the metadata of this machine would answer anybody');
    const [first] = paramsOf(params.NetworkInterface);
    const card = this.#get<Card>('eni', textOf(first?.NetworkInterfaceId));
    if (card.machineId !== null) throw new Refusal('InvalidNetworkInterface.InUse', `${card.id} is in use`);
    const userData = Buffer.from(textOf(params.UserData), 'base64').toString('utf8');
    const machine = this.#make<Machine>(
      'i',
      params,
      { imageId: image.id, interfaceId: card.id, userData, launchedAt: Date.now(), reason: '' },
      'pending',
    );
    card.machineId = machine.id;
    this.launches++;
    this.#later(async () => {
      await this.#options.host.boot({
        id: machine.id,
        image: image.engineImage,
        address: card.address,
        env: this.#options.machineEnv(),
        onEnd: () => this.#onEnd(machine),
      });
      machine.state = 'running';
    });
    return { instancesSet: [this.#showMachine(machine)] };
  }

  #eachMachine({ InstanceId }: Params, work: (machine: Machine) => void): unknown {
    const machines = listOf(InstanceId).map((id) => this.#get<Machine>('i', textOf(id)));
    for (const machine of machines) work(machine);
    return {
      instancesSet: machines.map(({ id, state }) => ({ instanceId: id, currentState: { name: state } })),
    };
  }

  #start(machine: Machine): void {
    if (machine.state !== 'stopped') throw wrongState(machine, 'started');
    machine.state = 'pending';
    this.#later(async () => {
      await this.#options.host.start(machine.id, () => this.#onEnd(machine));
      machine.launchedAt = Date.now();
      machine.state = 'running';
    });
  }

  #stop(machine: Machine): void {
    if (machine.state === 'stopped' || machine.state === 'stopping') return;
    if (machine.state !== 'running') throw wrongState(machine, 'stopped');
    machine.state = 'stopping';
    this.#later(async () => {
      await this.#options.host.stop(machine.id);
      machine.state = 'stopped';
    });
  }

  #terminate(machine: Machine): void {
    if (machine.state === 'terminated' || machine.state === 'shutting-down') return;
    machine.state = 'shutting-down';
    this.#later(async () => {
      await this.#options.host.end(machine.id);
      machine.state = 'terminated';
      (this.#things.get(machine.interfaceId) as Card).machineId = null;
      for (const disk of this.#all<Disk>('vol')) if (disk.machineId === machine.id) disk.machineId = null;
    });
  }

  /** A machine that ended by itself. */
  #onEnd(machine: Machine): void {
    if (machine.state !== 'running') return;
    machine.state = 'stopped';
    machine.reason = 'Client.InstanceInitiatedShutdown: Instance initiated shutdown';
  }

  async #console({ InstanceId }: Params): Promise<unknown> {
    const machine = this.#get<Machine>('i', textOf(InstanceId));
    const text = await this.#options.host.console(machine.id);
    return { instanceId: machine.id, output: Buffer.from(text).toString('base64') };
  }
}

const wrongState = ({ id, state }: Machine, verb: string) =>
  new Refusal('IncorrectInstanceState', `The instance '${id}' is ${state} and cannot be ${verb}`);

/** As a machine's own credentials name it. */
export const accessKeyOf = (machineId: string): string =>
  `ASIA${createHash('sha256').update(machineId).digest('hex').slice(0, 16).toUpperCase()}`;
