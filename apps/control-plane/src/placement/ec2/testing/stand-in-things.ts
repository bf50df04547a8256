// Stand-in things: what the stand-in EC2 holds, and how the service shows each in an answer.

export type Kind = 'i' | 'eni' | 'vol' | 'snap' | 'sg';

export interface Thing {
  id: string;
  kind: Kind;
  state: string;
  madeAt: number;
  tags: Map<string, string>;
}
export interface Machine extends Thing {
  imageId: string;
  interfaceId: string;
  userData: string;
  launchedAt: number;
  reason: string;
}
export interface Card extends Thing {
  address: string;
  groupId: string;
  machineId: string | null;
}
export interface Disk extends Thing {
  from: string;
  machineId: string | null;
  device: string;
  attachment: string;
}
export interface Group extends Thing {
  name: string;
  rules: Set<string>;
}

/** What the service says of an id that it does not know (yet). */
export const NOT_FOUND: Record<Kind, string> = {
  i: 'InvalidInstanceID.NotFound',
  eni: 'InvalidNetworkInterfaceID.NotFound',
  vol: 'InvalidVolume.NotFound',
  snap: 'InvalidSnapshot.NotFound',
  sg: 'InvalidGroup.NotFound',
};

/** `disks` are those that are attached to it. */
export function showMachine(machine: Machine, card: Card | undefined, disks: readonly Disk[]): unknown {
  return {
    instanceId: machine.id,
    imageId: machine.imageId,
    instanceState: { name: machine.state },
    ...(machine.state === 'terminated' ? {} : { privateIpAddress: card?.address }),
    launchTime: new Date(machine.launchedAt),
    stateReason: { message: machine.reason },
    blockDeviceMapping: disks.map(({ id, device, attachment }) => ({
      deviceName: device,
      ebs: { volumeId: id, status: attachment },
    })),
    tagSet: tagSet(machine),
  };
}

export function showCard(card: Card): unknown {
  return {
    networkInterfaceId: card.id,
    status: card.machineId === null ? 'available' : 'in-use',
    privateIpAddress: card.address,
    ...(card.machineId === null ? {} : { attachment: { instanceId: card.machineId, status: 'attached' } }),
    tagSet: tagSet(card),
  };
}

export function showDisk(disk: Disk): Record<string, unknown> {
  const { id, machineId, device, attachment } = disk;
  return {
    volumeId: id,
    status: machineId === null ? disk.state : 'in-use',
    createTime: new Date(disk.madeAt),
    snapshotId: disk.from,
    attachmentSet:
      machineId === null ? [] : [{ volumeId: id, instanceId: machineId, device, status: attachment }],
    tagSet: tagSet(disk),
  };
}

export function showSnapshot(snapshot: Thing): Record<string, unknown> {
  return {
    snapshotId: snapshot.id,
    status: snapshot.state,
    startTime: new Date(snapshot.madeAt),
    tagSet: tagSet(snapshot),
  };
}

export function showGroup(group: Group): unknown {
  return { groupId: group.id, groupName: group.name, tagSet: tagSet(group) };
}

const tagSet = ({ tags }: Thing) => [...tags].map(([key, value]) => ({ key, value }));
