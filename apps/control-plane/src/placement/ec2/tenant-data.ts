// Tenant data: a tenant's volume over its upgrades.
//
//   D1. Before an upgrade the stopped instance's volume is kept as a snapshot. Going back makes a new volume of it, removes the one
//       before, and then the snapshot. All of that is done before an instance starts: one that writes has nothing stale behind it.
//   D2. Where what was kept came to nothing, an older image never gets newer data.

import type { Instance, Snapshot, Volume } from '@aws-sdk/client-ec2';
import { faults } from '@molecule/domain';
import type { TenantSpec } from '../driver.ts';
import type { Cloud } from './cloud.ts';
import type { Patience } from './patience.ts';
import { imageOf, TAGS, tagOf } from './tags.ts';
import { ignoring, type Parts, required, type TenantParts } from './tenant-parts.ts';

export class TenantData {
  readonly #cloud: Cloud;
  readonly #parts: TenantParts;
  readonly #until: Patience;

  constructor(cloud: Cloud, parts: TenantParts, until: Patience) {
    this.#cloud = cloud;
    this.#parts = parts;
    this.#until = until;
  }

  /** Back to an image whose data was kept there is nothing to keep. */
  async keep(orgId: string, from: Instance, to: string, parts: Parts): Promise<void> {
    const keptFor = (image: string) =>
      parts.snapshots.filter(({ Tags }) => tagOf(Tags, TAGS.before) === image);
    const volumeId = newestOf(parts.volumes)?.VolumeId;
    if (keptFor(to).length > 0 || volumeId === undefined) return;
    // One from before this instance was started last holds what it has changed since.
    const launchedAt = Number(from.LaunchTime ?? 0);
    const isWhole = ({ StartTime }: Snapshot) => Number(StartTime ?? 0) >= launchedAt;
    const known = keptFor(imageOf(from));
    await this.#parts.removeSnapshots(known.filter((snapshot) => !isWhole(snapshot)));
    if (known.some(isWhole)) return;
    const { SnapshotId } = await this.#parts.makeSnapshot(orgId, volumeId, imageOf(from));
    await this.#until('the snapshot is there', async () => this.#snapshot(required(SnapshotId)));
  }

  /** The volume that the tenant is to have: of the snapshot that was kept for this image, or the one that it has. */
  async turn({ orgId, image }: TenantSpec, isThere: boolean, zone: string): Promise<Volume> {
    const { snapshots, volumes } = await this.#parts.lookAtAll(orgId);
    const kept = snapshots.filter(({ Tags }) => tagOf(Tags, TAGS.before) === image);
    const before = isThere ? undefined : kept[0]?.SnapshotId;
    const volume = await this.#usable(
      before === undefined
        ? (newestOf(volumes) ?? (await this.#parts.makeVolume(orgId, zone, null)))
        : (volumes.find(({ Tags }) => tagOf(Tags, TAGS.from) === before) ??
            (await this.#restore(orgId, zone, before))),
    );
    for (const { VolumeId } of volumes.filter((each) => each.VolumeId !== volume.VolumeId))
      await this.#until('the volume from before is free', async () => {
        await ignoring(['InvalidVolume.NotFound'], () => this.#cloud.ec2.deleteVolume({ VolumeId }));
        return true;
      });
    await this.#parts.removeSnapshots(kept);
    return volume;
  }

  async #restore(orgId: string, zone: string, snapshotId: string): Promise<Volume> {
    await this.#until('the snapshot is whole', async () => {
      const state = (await this.#snapshot(snapshotId))?.State;
      if (state === 'error')
        throw faults.backendTransient(
          `the data from before the upgrade cannot be brought back: ${snapshotId} failed; the tenant can start on its newer image`,
        );
      return state === 'completed' ? true : null;
    });
    return this.#parts.makeVolume(orgId, zone, snapshotId);
  }

  async #snapshot(snapshotId: string): Promise<Snapshot | null> {
    const { Snapshots } = await this.#cloud.ec2.describeSnapshots({ SnapshotIds: [snapshotId] });
    return Snapshots?.[0] ?? null;
  }

  #usable({ VolumeId }: Volume): Promise<Volume> {
    return this.#until('the volume is there', async () => {
      const { Volumes } = await this.#cloud.ec2.describeVolumes({ VolumeIds: [required(VolumeId)] });
      const found = Volumes?.[0];
      return found?.State === 'available' || found?.State === 'in-use' ? found : null;
    });
  }
}

const newestOf = (volumes: readonly Volume[]): Volume | undefined =>
  [...volumes].sort((a, b) => Number(b.CreateTime ?? 0) - Number(a.CreateTime ?? 0))[0];
