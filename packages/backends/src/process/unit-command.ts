// Unit command: the agent's command, behind the limits that this system can set without special rights.
// Only limits that hold per process are set: a limit on the number of processes counts per user and would hit the
// server itself, and one on address space breaks engines that reserve more than they use.

import { existsSync } from 'node:fs';
import type { Tier } from '@molecule/domain';

const PRLIMIT = '/usr/bin/prlimit';
const NICE = '/usr/bin/nice';

/** How far an agent steps back when the processor is short. The server and tiers 3 and 4 come first. */
const NICENESS: Record<Tier, number> = { 1: 10, 2: 5, 3: 0, 4: 0 };

export function limitedCommand(
  command: readonly string[],
  tier: Tier,
  isInstalled: (path: string) => boolean = existsSync,
): string[] {
  const niceness = NICENESS[tier];
  return [
    ...(isInstalled(PRLIMIT) ? [PRLIMIT, '--core=0', '--'] : []),
    ...(niceness > 0 && isInstalled(NICE) ? [NICE, '-n', String(niceness), '--'] : []),
    ...command,
  ];
}

/** What is kept and what is not, in words for people; never more than is true. */
export function isolationText(isInstalled: (path: string) => boolean = existsSync): string {
  const set = [
    'own folders and process group',
    'written environment',
    ...(isInstalled(PRLIMIT) ? ['no core dumps'] : []),
    ...(isInstalled(NICE) ? ['tiers 1 and 2 yield the processor'] : []),
  ];
  return `${set.join(', ')}; NOT enforced on any tier: file system, memory, number of processes and network, so an agent may do whatever the user of this server may do`;
}
