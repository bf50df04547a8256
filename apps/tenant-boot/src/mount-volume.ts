// Mount volume: the volume that everything of a tenant is kept on, once it is attached to this machine.
//
//   V1. Only a volume that is zero at its beginning is given a file system; one that holds anything is mounted or refused.

import { chown, mkdir, open, readFile, stat } from 'node:fs/promises';
import { runProgram } from './run-program.ts';

const LOOKED_AT_BYTES = 1_048_576;
const FILE_SYSTEM = 'ext4';

/** Where a volume shows itself to a machine of the Nitro system. */
export function deviceOf(volume: string): string {
  return `/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_${volume.replace('-', '')}`;
}

/** False while the device is not there. */
export async function mountVolume(device: string, mountAt: string, user: number): Promise<boolean> {
  if (!(await isThere(device))) return false;
  if (!(await isMounted(mountAt))) {
    if (await isBlank(device)) await runProgram('mkfs.ext4', ['-q', device]);
    await mkdir(mountAt, { recursive: true });
    await runProgram('mount', ['-t', FILE_SYSTEM, '-o', 'noatime,nosuid,nodev', device, mountAt]);
  }
  await chown(mountAt, user, user);
  return true;
}

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

async function isMounted(mountAt: string): Promise<boolean> {
  const lines = (await readFile('/proc/self/mountinfo', 'utf8')).split('\n');
  return lines.some((line) => line.split(' ')[4] === mountAt);
}

/** V1. */
export async function isBlank(device: string): Promise<boolean> {
  const file = await open(device, 'r');
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(LOOKED_AT_BYTES), 0, LOOKED_AT_BYTES, 0);
    if (bytesRead === 0) throw new Error('the volume is empty: it has no size');
    return buffer.subarray(0, bytesRead).every((byte) => byte === 0);
  } finally {
    await file.close();
  }
}
