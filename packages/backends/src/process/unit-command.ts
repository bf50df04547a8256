// Unit command: the agent's command, behind the limits that this system can set without special rights.
// A limit on the number of processes counts per user: it is set only for an agent that has a user of its own. One on
// address space is not set at all: it breaks engines that reserve more than they use.

import { existsSync } from 'node:fs';
import type { Tier } from '@molecule/domain';
import { CONTROLLERS } from './control-groups.ts';
import { asUser, type UnitWalls } from './unit-walls.ts';

export const PRLIMIT = '/usr/bin/prlimit';
const NICE = '/usr/bin/nice';

/** How far an agent steps back when the processor is short. The server and tiers 3 and 4 come first. */
const NICENESS: Record<Tier, number> = { 1: 10, 2: 5, 3: 0, 4: 0 };

/** G2 of control-groups.ts: joins every group whose file is named before `--`, then becomes the command. */
const JOIN = 'while [ "$1" != -- ]; do echo $$ > "$1" || exit 126; shift; done; shift; exec "$@"';

export interface CommandWalls {
  /** The user that the agent runs as; null: this server's own. */
  uid: number | null;
  maxPids: number;
  /** Files that take the pid of whoever joins. */
  groupFiles: readonly string[];
}

export function limitedCommand(
  command: readonly string[],
  tier: Tier,
  walls: CommandWalls = { uid: null, maxPids: 0, groupFiles: [] },
  isInstalled: (path: string) => boolean = existsSync,
): string[] {
  const niceness = NICENESS[tier];
  const { uid, groupFiles } = walls;
  const limits = ['--core=0', ...(uid === null ? [] : [`--nproc=${walls.maxPids}`])];
  return [
    ...(groupFiles.length > 0 ? ['/bin/sh', '-c', JOIN, 'join', ...groupFiles, '--'] : []),
    ...(niceness > 0 && isInstalled(NICE) ? [NICE, '-n', String(niceness), '--'] : []),
    ...(isInstalled(PRLIMIT) ? [PRLIMIT, ...limits, '--'] : []),
    ...(uid === null ? [] : asUser(uid)),
    ...command,
  ];
}

/** Whether an agent of this tier steps back when the processor is short. */
export function yieldsProcessor(tier: Tier, isInstalled: (path: string) => boolean): boolean {
  return NICENESS[tier] > 0 && isInstalled(NICE);
}

/** What is kept and what is not, in words for people; never more than is true. */
export function isolationText(walls: UnitWalls, isInstalled: (path: string) => boolean = existsSync): string {
  const hasUsers = walls.users !== null;
  const kernel = new Set<string>(walls.groups.kept);
  if (hasUsers && isInstalled(PRLIMIT)) kernel.add('pids');
  const named = (names: readonly string[]) => names.map((name) => NAMES[name]).join(', ');
  const kept = [
    'own folders and process group',
    'written environment',
    ...(hasUsers
      ? [
          'a user of its own without capabilities: no folder, process or secret of others, and no new privileges',
        ]
      : []),
    ...(isInstalled(PRLIMIT) ? ['no core dumps'] : []),
    ...(kernel.size > 0
      ? [`limited by the kernel: ${named(CONTROLLERS.filter((each) => kernel.has(each)))}`]
      : []),
    ...(isInstalled(NICE) ? ['tiers 1 and 2 yield the processor'] : []),
  ];
  const watched = WATCHED.filter((name) => !kernel.has(name));
  if (watched.length > 0)
    kept.push(`watched and ended when exceeded, which a quick agent outruns: ${named(watched)}`);
  const missing = [
    ...(hasUsers
      ? ['what everybody on this machine may read']
      : [`file system, so an agent may do whatever the user of this server may do (${walls.whyNoUsers})`]),
    ...(kernel.has('cpu') ? [] : ['processor time']),
    'disk',
    'network',
  ];
  const exception = hasUsers ? '; a workspace with a folder of the host runs as the user of this server' : '';
  return `${kept.join(', ')}; NOT enforced on any tier: ${missing.join(', ')}${exception}`;
}

const NAMES: Readonly<Record<string, string>> = {
  memory: 'memory',
  cpu: 'processor time',
  pids: 'number of processes',
};
/** What unit-limits.ts can measure. */
const WATCHED = ['memory', 'pids'];
