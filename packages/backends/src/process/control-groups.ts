// Control groups: memory, processor and process limits that the kernel keeps for a process unit, in version 1 or 2 of its
// control groups, whichever this machine has.
//
//   G1. Only what could be set on a group of ours at start counts as kept.
//   G2. The agent is in its groups before its first instruction, and cannot leave them: only the server writes there.

import { access, mkdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from '@molecule/kit';
import type { UnitLimits } from './unit-limits.ts';

export type Controller = 'memory' | 'cpu' | 'pids';
export const CONTROLLERS: readonly Controller[] = ['memory', 'cpu', 'pids'];

const MOUNT = '/sys/fs/cgroup';
const PERIOD_US = 100_000;

export interface ControlGroups {
  readonly kept: ReadonlySet<Controller>;
  /** Makes the groups of a unit; what joins them writes its pid to each of the files. */
  prepare(unit: string, limits: UnitLimits): Promise<string[]>;
  /** Whether the kernel ended something of the unit for its memory. */
  wasOutOfMemory(unit: string): Promise<boolean>;
  /** When nothing of the unit runs any more. */
  remove(unit: string): Promise<void>;
}

interface Place {
  folder: string;
  controllers: readonly Controller[];
  version: 1 | 2;
}

/** `owner`: tells the groups of this server from those of another. */
export async function findControlGroups(owner: string, log: Log, mount = MOUNT): Promise<ControlGroups> {
  const places = await findPlaces(`molecule-${owner}`, log, mount);
  return {
    kept: new Set(places.flatMap((place) => place.controllers)),
    prepare: async (unit, limits) => {
      for (const place of places) await limit(place, unit, limits);
      return places.map(({ folder }) => join(folder, unit, 'cgroup.procs'));
    },
    wasOutOfMemory: async (unit) => {
      const place = places.find(({ controllers }) => controllers.includes('memory'));
      if (!place) return false;
      const file = place.version === 2 ? 'memory.events' : 'memory.oom_control';
      const text = await readFile(join(place.folder, unit, file), 'utf8').catch(() => '');
      return Number(/^oom_kill (\d+)$/m.exec(text)?.[1] ?? 0) > 0;
    },
    remove: async (unit) => {
      for (const { folder } of places) await removeGroup(join(folder, unit), log);
    },
  };
}

async function findPlaces(name: string, log: Log, mount: string): Promise<Place[]> {
  const own = await readFile('/proc/self/cgroup', 'utf8').catch(() => '');
  const isSecond = await isThere(join(mount, 'cgroup.controllers'));
  const candidates: Place[] = isSecond
    ? [{ folder: join(mount, pathIn(own, '0::'), name), controllers: CONTROLLERS, version: 2 }]
    : CONTROLLERS.map((controller) => ({
        folder: join(mount, controller, pathIn(own, `:${controller}:`), name),
        controllers: [controller],
        version: 1,
      }));
  const places: Place[] = [];
  for (const place of candidates) if (await works(place, log)) places.push(place);
  return places;
}

/** G1: a trial group gets all limits. */
async function works(place: Place, log: Log): Promise<boolean> {
  try {
    await mkdir(place.folder, { recursive: true });
    if (place.version === 2) await openControllers(place.folder);
    await limit(place, 'trial', { memoryBytes: 64 * 1024 * 1024, cpuShares: 1024, pids: 64 });
    await removeGroup(join(place.folder, 'trial'), log);
    return true;
  } catch (error) {
    log.info({ err: error, controllers: place.controllers }, 'the kernel keeps no limits for agents here');
    return false;
  }
}

/** In version 2 a folder hands controllers on only when it, and the one above, say so. */
async function openControllers(folder: string): Promise<void> {
  const wanted = CONTROLLERS.map((controller) => `+${controller}`).join(' ');
  await writeFile(join(folder, '..', 'cgroup.subtree_control'), wanted);
  await writeFile(join(folder, 'cgroup.subtree_control'), wanted);
}

async function limit(
  { folder, controllers, version }: Place,
  unit: string,
  limits: UnitLimits,
): Promise<void> {
  const group = join(folder, unit);
  await mkdir(group, { recursive: true });
  const quota = Math.max(1_000, Math.round((limits.cpuShares / 1024) * PERIOD_US));
  const set = (file: string, value: string | number) => writeFile(join(group, file), String(value));
  if (version === 2) {
    await set('memory.max', limits.memoryBytes);
    if (await isThere(join(group, 'memory.swap.max'))) await set('memory.swap.max', 0);
    await set('cpu.max', `${quota} ${PERIOD_US}`);
    await set('pids.max', limits.pids);
    return;
  }
  if (controllers.includes('memory')) await limitMemory(group, limits.memoryBytes);
  if (controllers.includes('cpu')) {
    await set('cpu.cfs_period_us', PERIOD_US);
    await set('cpu.cfs_quota_us', quota);
  }
  if (controllers.includes('pids')) await set('pids.max', limits.pids);
}

/** Memory with swap may never be less than memory alone: which one moves first depends on what is set already. */
async function limitMemory(group: string, bytes: number): Promise<void> {
  const plain = join(group, 'memory.limit_in_bytes');
  const both = join(group, 'memory.memsw.limit_in_bytes');
  const hasBoth = await isThere(both);
  const isLess = Number(await readFile(plain, 'utf8')) > bytes;
  if (!isLess && hasBoth) await writeFile(both, String(bytes));
  await writeFile(plain, String(bytes));
  if (isLess && hasBoth) await writeFile(both, String(bytes));
}

/** One that is busy stays for the next time. */
async function removeGroup(group: string, log: Log): Promise<void> {
  try {
    await rmdir(group);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
      log.debug({ err: error, group }, 'a control group is left for now');
    }
  }
}

function pathIn(text: string, marker: string): string {
  const line = text.split('\n').find((each) => each.includes(marker)) ?? '';
  const path = line.slice(line.indexOf(marker) + marker.length);
  return path.includes('..') ? '' : path;
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
