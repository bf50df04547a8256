// Tier sizes: how much memory, processor time and how many processes a workspace of each tier may use, on any backend.

import type { Tier } from '@molecule/domain';

export interface TierSize {
  memoryMib: number;
  /** 1024 are one processor, as a hard quota. */
  cpuShares: number;
}

export type TierSizes = Readonly<Record<Tier, TierSize>>;

export const TIER_SIZES: TierSizes = {
  1: { memoryMib: 256, cpuShares: 512 },
  2: { memoryMib: 512, cpuShares: 1024 },
  3: { memoryMib: 2048, cpuShares: 2048 },
  4: { memoryMib: 4096, cpuShares: 4096 },
};

/** Processes and threads together. */
export const TIER_PIDS: Readonly<Record<Tier, number>> = { 1: 256, 2: 512, 3: 1024, 4: 4096 };
