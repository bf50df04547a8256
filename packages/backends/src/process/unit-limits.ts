// Unit limits: how much a process unit of each tier may use, and how what the kernel does not keep is watched.

import { readFile } from 'node:fs/promises';
import type { Tier } from '@molecule/domain';
import { TIER_PIDS, type TierSizes } from '../tier-sizes.ts';
import type { ProcessRef } from './process-table.ts';

const MIB = 1024 * 1024;

export interface UnitLimits {
  memoryBytes: number;
  /** 1024 are one processor. */
  cpuShares: number;
  /** Processes and threads together. */
  pids: number;
}

export function limitsOf(tier: Tier, sizes: TierSizes): UnitLimits {
  const { memoryMib, cpuShares } = sizes[tier];
  return { memoryBytes: memoryMib * MIB, cpuShares, pids: TIER_PIDS[tier] };
}

export interface UnitUse {
  memoryBytes: number;
  pids: number;
}

/** What processes use now. Pages that two of them share count twice. Those that ended meanwhile count nothing. */
export async function measureUse(refs: readonly ProcessRef[]): Promise<UnitUse> {
  const use: UnitUse = { memoryBytes: 0, pids: 0 };
  for (const { pid } of refs) {
    const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => null);
    if (status === null) continue;
    use.memoryBytes += Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
    use.pids += Number(/^Threads:\s+(\d+)$/m.exec(status)?.[1] ?? 1);
  }
  return use;
}

/** In words for people; null when nothing is exceeded. */
export function findExcess(use: UnitUse, limits: UnitLimits): string | null {
  if (use.memoryBytes > limits.memoryBytes) {
    return `it used ${Math.ceil(use.memoryBytes / MIB)} MiB of memory, its tier allows ${limits.memoryBytes / MIB}`;
  }
  if (use.pids > limits.pids)
    return `it ran ${use.pids} processes and threads, its tier allows ${limits.pids}`;
  return null;
}
