// Machine host: what an instance of the stand-in cloud really is: a container that boots from its image, with block devices.
//
//   M1. A volume is a file behind a loop device; attached, it is a device node in the container, as it would be on a machine.
//   M2. A machine's disks and address stay over a stop; nothing of it is left over its end.

import { execFile } from 'node:child_process';
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type Docker from 'dockerode';

const run = promisify(execFile);
const DISK_BYTES = 48 * 1024 * 1024;

export interface MachineOptions {
  id: string;
  /** Of the engine. */
  image: string;
  address: string;
  env: Record<string, string>;
  onEnd(): void;
}

export class MachineHost {
  readonly #docker: Docker;
  readonly #network: string;
  readonly #folder: string;
  /** Loop devices by volume. */
  readonly #devices = new Map<string, string>();
  readonly #attached = new Map<string, Set<string>>();

  private constructor(docker: Docker, network: string, folder: string) {
    this.#docker = docker;
    this.#network = network;
    this.#folder = folder;
  }

  static async open(docker: Docker, name: string, subnet: string): Promise<MachineHost> {
    await docker.createNetwork({ Name: name, Driver: 'bridge', IPAM: { Config: [{ Subnet: subnet }] } });
    return new MachineHost(docker, name, await mkdtemp(join(tmpdir(), 'molecule-disks-')));
  }

  async close(): Promise<void> {
    for (const id of [...this.#attached.keys()]) await this.end(id);
    for (const volume of [...this.#devices.keys()]) await this.removeDisk(volume);
    await this.#docker.getNetwork(this.#network).remove();
    await rm(this.#folder, { recursive: true, force: true });
  }

  containerOf(id: string): Docker.Container {
    return this.#docker.getContainer(`${this.#network}-${id}`);
  }

  async boot({ id, image, address, env, onEnd }: MachineOptions): Promise<void> {
    this.#attached.set(id, new Set());
    const made = await this.#docker.createContainer({
      name: `${this.#network}-${id}`,
      Image: image,
      Env: Object.entries(env).map(([key, value]) => `${key}=${value}`),
      Labels: { 'molecule.machine': this.#network },
      HostConfig: {
        NetworkMode: this.#network,
        Init: true,
        CapAdd: ['SYS_ADMIN', 'NET_ADMIN', 'MKNOD'],
        SecurityOpt: ['apparmor=unconfined'],
        DeviceCgroupRules: ['b 7:* rwm'],
      },
      NetworkingConfig: { EndpointsConfig: { [this.#network]: { IPAMConfig: { IPv4Address: address } } } },
    });
    await this.#start(made, onEnd);
  }

  async start(id: string, onEnd: () => void): Promise<void> {
    await this.#start(this.containerOf(id), onEnd);
    for (const volume of this.#attached.get(id) ?? []) await this.#makeNode(id, volume);
  }

  /** As a machine is shut down: its programs are told. */
  stop(id: string): Promise<unknown> {
    return this.containerOf(id).stop({ t: 10 });
  }

  async end(id: string): Promise<void> {
    await this.containerOf(id).remove({ force: true });
    this.#attached.delete(id);
  }

  async makeDisk(volume: string, from: string | null): Promise<void> {
    const path = this.#path(volume);
    if (from === null) {
      await writeFile(path, '');
      await truncate(path, DISK_BYTES);
    } else await run('cp', ['--sparse=always', this.#path(from), path]);
    const { stdout } = await run('losetup', ['--find', '--show', path]);
    this.#devices.set(volume, stdout.trim());
  }

  /** A picture of the disk under another name; it has no device. */
  async copyDisk(volume: string, snapshot: string): Promise<void> {
    await run('sync', ['-f', this.#path(volume)]);
    await run('cp', ['--sparse=always', this.#path(volume), this.#path(snapshot)]);
  }

  async removeDisk(volume: string): Promise<void> {
    const device = this.#devices.get(volume);
    if (device) await run('losetup', ['--detach', device]);
    this.#devices.delete(volume);
    await rm(this.#path(volume), { force: true });
  }

  async attach(id: string, volume: string): Promise<void> {
    this.#attached.get(id)?.add(volume);
    await this.#makeNode(id, volume);
  }

  async console(id: string): Promise<string> {
    const bytes = await this.containerOf(id).logs({ stdout: true, stderr: true, follow: false });
    return bytes.toString('utf8');
  }

  /** M1. */
  async #makeNode(id: string, volume: string): Promise<void> {
    const minor = this.#devices.get(volume)?.replace('/dev/loop', '') ?? '';
    const node = `/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_${volume.replace('-', '')}`;
    const exec = await this.containerOf(id).exec({
      Cmd: ['sh', '-c', 'mkdir -p /dev/disk/by-id && mknod "$1" b 7 "$2"', 'sh', node, minor],
      User: '0:0',
      AttachStdout: true,
      AttachStderr: true,
    });
    for await (const _ of await exec.start({}));
    const { ExitCode } = await exec.inspect();
    if (ExitCode !== 0) throw new Error(`the disk was not attached: ${ExitCode}`);
  }

  async #start(container: Docker.Container, onEnd: () => void): Promise<void> {
    await container.start();
    void container.wait().then(onEnd, onEnd);
  }

  #path(disk: string): string {
    return join(this.#folder, disk);
  }
}
