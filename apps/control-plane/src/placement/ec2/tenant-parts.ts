// Tenant parts: everything in the cloud that belongs to one tenant: found by its tags, made once, removed one by one.
//
//   P1. What is made carries its tags from the first moment, and a token or a name by which it is made once, from however
//       many crashes.
//   P2. What a service has just made it may not find yet: whoever made it remembers.

import type {
  Instance,
  NetworkInterface,
  SecurityGroup,
  Snapshot,
  Subnet,
  Volume,
} from '@aws-sdk/client-ec2';
import { faults } from '@molecule/domain';
import { allPages, type Cloud, refusalOf } from './cloud.ts';
import { type Ec2Settings, TENANT_PORT } from './ec2-settings.ts';
import type { Patience } from './patience.ts';
import { filtersOf, TAGS, tagsOf, tokenOf } from './tags.ts';

const ENDED = new Set(['terminated', 'shutting-down']);

export interface Parts {
  /** But for those that ended or are ending. */
  instances: Instance[];
  /** Those that are ending: what they hold is not free yet. */
  ending: Instance[];
  interfaces: NetworkInterface[];
  volumes: Volume[];
  snapshots: Snapshot[];
  groups: SecurityGroup[];
  secretArn: string | null;
}

export class TenantParts {
  readonly #cloud: Cloud;
  readonly #settings: Ec2Settings;
  readonly #until: Patience;

  constructor(cloud: Cloud, settings: Ec2Settings, until: Patience) {
    this.#cloud = cloud;
    this.#settings = settings;
    this.#until = until;
  }

  async lookAtAll(orgId: string): Promise<Parts> {
    const [machines, interfaces, volumes, snapshots, groups, secretArn] = await Promise.all([
      this.machinesOf(orgId),
      this.#interfaces(orgId),
      this.volumesOf(orgId),
      this.#snapshots(orgId),
      this.#groups(orgId),
      this.#secretArn(orgId),
    ]);
    return { ...machines, interfaces, volumes, snapshots, groups, secretArn };
  }

  async machinesOf(orgId?: string): Promise<Pick<Parts, 'instances' | 'ending'>> {
    const reservations = await allPages(async (NextToken) => {
      const page = await this.#cloud.ec2.describeInstances({ Filters: this.#filters(orgId), NextToken });
      return { items: page.Reservations, next: page.NextToken };
    });
    const all = reservations.flatMap(({ Instances }) => Instances ?? []);
    const stateOf = (instance: Instance) => instance.State?.Name ?? '';
    return {
      instances: all.filter((instance) => !ENDED.has(stateOf(instance))),
      ending: all.filter((instance) => stateOf(instance) === 'shutting-down'),
    };
  }

  volumesOf(orgId?: string): Promise<Volume[]> {
    return allPages(async (NextToken) => {
      const page = await this.#cloud.ec2.describeVolumes({ Filters: this.#filters(orgId), NextToken });
      const items = page.Volumes?.filter(({ State }) => State !== 'deleting' && State !== 'deleted');
      return { items, next: page.NextToken };
    });
  }

  /** Ids of organisations of which anything is left. */
  async orgs(): Promise<string[]> {
    const [machines, interfaces, volumes, snapshots, groups, secrets] = await Promise.all([
      this.machinesOf(),
      this.#interfaces(),
      this.volumesOf(),
      this.#snapshots(),
      this.#groups(),
      this.#secretNames(),
    ]);
    const tagged = [
      ...machines.instances.map(({ Tags }) => Tags),
      ...interfaces.map(({ TagSet }) => TagSet),
      ...[...volumes, ...snapshots, ...groups].map(({ Tags }) => Tags),
    ];
    const ids = tagged.flatMap((tags) => tags?.find(({ Key }) => Key === TAGS.org)?.Value ?? []);
    const named = secrets.map((name) => name.slice(this.#secretName('').length));
    return [...new Set([...ids, ...named])];
  }

  async subnet(): Promise<Subnet> {
    const { subnetId } = this.#settings;
    const { Subnets } = await this.#cloud.ec2.describeSubnets({ SubnetIds: [subnetId] });
    const found = Subnets?.[0];
    if (!found) throw faults.backendTransient(`there is no subnet ${subnetId}`);
    return found;
  }

  /** Reached by the edge and the control plane alone. */
  async ensureGroup(orgId: string, known: readonly SecurityGroup[], vpcId: string): Promise<string> {
    const id = known[0]?.GroupId ?? (await this.#makeGroup(orgId, vpcId));
    const UserIdGroupPairs = [{ GroupId: this.#settings.edgeGroupId }];
    const only = { IpProtocol: 'tcp', FromPort: TENANT_PORT, ToPort: TENANT_PORT, UserIdGroupPairs };
    await this.#until('the security group is there', async () => {
      await ignoring(['InvalidPermission.Duplicate'], () =>
        this.#cloud.ec2.authorizeSecurityGroupIngress({ GroupId: id, IpPermissions: [only] }),
      );
      return id;
    });
    return id;
  }

  async #makeGroup(orgId: string, vpcId: string): Promise<string> {
    const name = `molecule-${this.#settings.env}-${orgId}`;
    try {
      const { GroupId } = await this.#cloud.ec2.createSecurityGroup({
        GroupName: name,
        Description: 'One tenant of Molecule',
        VpcId: vpcId,
        TagSpecifications: this.#specifications('security-group', orgId),
      });
      return required(GroupId);
    } catch (error) {
      if (refusalOf(error) !== 'InvalidGroup.Duplicate') throw error;
      const { SecurityGroups } = await this.#cloud.ec2.describeSecurityGroups({
        Filters: [
          { Name: 'group-name', Values: [name] },
          { Name: 'vpc-id', Values: [vpcId] },
        ],
      });
      return required(SecurityGroups?.[0]?.GroupId);
    }
  }

  async ensureInterface(
    orgId: string,
    known: readonly NetworkInterface[],
    groupId: string,
  ): Promise<NetworkInterface> {
    if (known[0]) return known[0];
    return this.#until('the security group can be used', async () => {
      const { NetworkInterface: made } = await this.#cloud.ec2.createNetworkInterface({
        SubnetId: this.#settings.subnetId,
        Groups: [groupId],
        Description: `Tenant ${orgId}`,
        ClientToken: tokenOf('interface', orgId, groupId),
        TagSpecifications: this.#specifications('network-interface', orgId),
      });
      return required(made);
    });
  }

  /** Empty, or with what a snapshot holds. */
  async makeVolume(orgId: string, zone: string, snapshotId: string | null): Promise<Volume> {
    return this.#cloud.ec2.createVolume({
      AvailabilityZone: zone,
      VolumeType: 'gp3',
      Encrypted: true,
      ClientToken: tokenOf('volume', orgId, snapshotId ?? ''),
      TagSpecifications: this.#specifications(
        'volume',
        orgId,
        snapshotId === null ? {} : { [TAGS.from]: snapshotId },
      ),
      ...(snapshotId === null ? { Size: this.#settings.dataGib } : { SnapshotId: snapshotId }),
    });
  }

  async makeSnapshot(orgId: string, volumeId: string, image: string): Promise<Snapshot> {
    return this.#cloud.ec2.createSnapshot({
      VolumeId: volumeId,
      Description: `Tenant ${orgId} before an upgrade`,
      TagSpecifications: this.#specifications('snapshot', orgId, { [TAGS.before]: image }),
    });
  }

  async removeSnapshots(snapshots: readonly Snapshot[]): Promise<void> {
    for (const { SnapshotId } of snapshots)
      await ignoring(['InvalidSnapshot.NotFound'], () => this.#cloud.ec2.deleteSnapshot({ SnapshotId }));
  }

  /** The bundle as it is now; nobody may read it until somebody is named by `nameReader`. */
  async writeSecret(orgId: string, text: string): Promise<string> {
    const Name = this.#secretName(orgId);
    try {
      const { ARN } = await this.#cloud.secrets.createSecret({
        Name,
        SecretString: text,
        Tags: tagsOf(this.#settings.env, orgId),
      });
      return required(ARN);
    } catch (error) {
      if (refusalOf(error) !== 'ResourceExistsException') throw error;
      const { ARN } = await this.#cloud.secrets.putSecretValue({ SecretId: Name, SecretString: text });
      return required(ARN);
    }
  }

  async nameReader(orgId: string, instanceArn: string): Promise<void> {
    await this.#cloud.secrets.tagResource({
      SecretId: this.#secretName(orgId),
      Tags: [{ Key: TAGS.reader, Value: instanceArn }],
    });
  }

  /** Asks for the end of everything that can end now; the rest has to be asked for again. */
  async removeWhatIsFree(orgId: string, parts: Parts): Promise<void> {
    const { ec2, secrets } = this.#cloud;
    const InstanceIds = parts.instances.flatMap(({ InstanceId }) => InstanceId ?? []);
    if (InstanceIds.length > 0) await held(() => ec2.terminateInstances({ InstanceIds }));
    if (parts.secretArn !== null) {
      await held(() =>
        secrets.deleteSecret({ SecretId: this.#secretName(orgId), ForceDeleteWithoutRecovery: true }),
      );
    }
    for (const { SnapshotId } of parts.snapshots) await held(() => ec2.deleteSnapshot({ SnapshotId }));
    if (InstanceIds.length + parts.ending.length > 0) return;
    for (const { VolumeId } of parts.volumes) await held(() => ec2.deleteVolume({ VolumeId }));
    for (const { NetworkInterfaceId } of parts.interfaces)
      await held(() => ec2.deleteNetworkInterface({ NetworkInterfaceId }));
    if (parts.interfaces.length > 0) return;
    for (const { GroupId } of parts.groups) await held(() => ec2.deleteSecurityGroup({ GroupId }));
  }

  #interfaces(orgId?: string): Promise<NetworkInterface[]> {
    return allPages(async (NextToken) => {
      const page = await this.#cloud.ec2.describeNetworkInterfaces({
        Filters: this.#filters(orgId),
        NextToken,
      });
      return { items: page.NetworkInterfaces, next: page.NextToken };
    });
  }

  #snapshots(orgId?: string): Promise<Snapshot[]> {
    return allPages(async (NextToken) => {
      const page = await this.#cloud.ec2.describeSnapshots({
        OwnerIds: ['self'],
        Filters: this.#filters(orgId),
        NextToken,
      });
      return { items: page.Snapshots, next: page.NextToken };
    });
  }

  #groups(orgId?: string): Promise<SecurityGroup[]> {
    return allPages(async (NextToken) => {
      const page = await this.#cloud.ec2.describeSecurityGroups({ Filters: this.#filters(orgId), NextToken });
      return { items: page.SecurityGroups, next: page.NextToken };
    });
  }

  async #secretArn(orgId: string): Promise<string | null> {
    try {
      const { ARN, DeletedDate } = await this.#cloud.secrets.describeSecret({
        SecretId: this.#secretName(orgId),
      });
      // One that is to be deleted can be read by nobody.
      return DeletedDate ? null : (ARN ?? null);
    } catch (error) {
      if (refusalOf(error) === 'ResourceNotFoundException') return null;
      throw error;
    }
  }

  #secretNames(): Promise<string[]> {
    const prefix = this.#secretName('');
    return allPages(async (NextToken) => {
      const page = await this.#cloud.secrets.listSecrets({
        Filters: [{ Key: 'name', Values: [prefix] }],
        NextToken,
      });
      const names = page.SecretList?.map(({ Name }) => Name ?? '').filter((name) => name.startsWith(prefix));
      return { items: names, next: page.NextToken };
    });
  }

  #secretName(orgId: string): string {
    return `molecule/${this.#settings.env}/${orgId}`;
  }

  #filters(orgId: string | undefined) {
    return filtersOf(this.#settings.env, orgId);
  }

  #specifications(
    type: 'security-group' | 'network-interface' | 'volume' | 'snapshot',
    orgId: string,
    more: Readonly<Record<string, string>> = {},
  ) {
    return [{ ResourceType: type, Tags: tagsOf(this.#settings.env, orgId, more) }];
  }
}

/** What is still held by something else, or gone already, is no failure of a removal: it is looked at again. */
const HELD =
  /^(Invalid.*\.NotFound|.*InUse|IncorrectState|IncorrectInstanceState|DependencyViolation|InvalidParameterValue|InvalidSnapshot\.InUse|ResourceNotFoundException|InvalidRequestException)$/;

async function held(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!HELD.test(refusalOf(error))) throw error;
  }
}

export async function ignoring(names: readonly string[], work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!names.includes(refusalOf(error))) throw error;
  }
}

export function required<T>(value: T | undefined): T {
  if (value === undefined) throw faults.backendTransient('the cloud answered without the id of what it made');
  return value;
}
