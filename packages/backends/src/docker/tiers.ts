// Tiers: what each tier of a workspace may do and use when it runs in a container. Nothing here depends on what an agent
// asks for; what an operator may loosen is named in `HostRights`.

import type { Tier } from '@molecule/domain';
import type { HostConfig } from 'dockerode';

const MIB = 1024 * 1024;
const CPU_PERIOD_US = 100_000;
const TMPFS = 'nosuid,nodev';

/** What an operator allows by name. Nothing of it is on by itself. */
export interface HostRights {
  isPrivilegedAllowed: boolean;
  isHostPidAllowed: boolean;
  isHostNetworkAllowed: boolean;
  isHostSocketAllowed: boolean;
}

export const NO_HOST_RIGHTS: HostRights = {
  isPrivilegedAllowed: false,
  isHostPidAllowed: false,
  isHostNetworkAllowed: false,
  isHostSocketAllowed: false,
};

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

interface TierRules {
  pids: number;
  hasWorkspace: boolean;
  isRootReadOnly: boolean;
  /** Who runs the agent. Capabilities mean something for root only. */
  user: string;
  capabilities: readonly string[];
  tmp: string;
}

/** Enough to install packages and run services inside the container. None of it reaches a device or the host's network. */
const INSIDE_ROOT = ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'FSETID', 'KILL', 'SETGID', 'SETUID', 'SYS_CHROOT'];

export const TIERS: Readonly<Record<Tier, TierRules>> = {
  1: {
    pids: 256,
    hasWorkspace: false,
    isRootReadOnly: true,
    user: '1000:1000',
    capabilities: [],
    tmp: `size=64m,noexec,${TMPFS}`,
  },
  2: {
    pids: 512,
    hasWorkspace: true,
    isRootReadOnly: true,
    user: '1000:1000',
    capabilities: [],
    tmp: `size=256m,${TMPFS}`,
  },
  3: {
    pids: 1024,
    hasWorkspace: true,
    isRootReadOnly: false,
    user: '0:0',
    capabilities: INSIDE_ROOT,
    tmp: `size=1g,${TMPFS}`,
  },
  4: {
    pids: 4096,
    hasWorkspace: true,
    isRootReadOnly: false,
    user: '0:0',
    capabilities: [...INSIDE_ROOT, 'NET_BIND_SERVICE', 'SETFCAP', 'SETPCAP', 'SYS_PTRACE'],
    tmp: `size=2g,${TMPFS}`,
  },
};

export function isPrivileged(tier: Tier, rights: HostRights): boolean {
  return tier >= 3 && rights.isPrivilegedAllowed;
}

export function isOnHostNetwork(tier: Tier, rights: HostRights): boolean {
  return tier === 4 && rights.isHostNetworkAllowed;
}

/** The part of a container's settings that its tier decides. */
export function limitsOf(tier: Tier, sizes: TierSizes, rights: HostRights, socketPath: string): HostConfig {
  const rules = TIERS[tier];
  const { memoryMib, cpuShares } = sizes[tier];
  const privileged = isPrivileged(tier, rights);
  return {
    Memory: memoryMib * MIB,
    // The same number: no swap beside it.
    MemorySwap: memoryMib * MIB,
    CpuPeriod: CPU_PERIOD_US,
    CpuQuota: Math.round((cpuShares / 1024) * CPU_PERIOD_US),
    PidsLimit: rules.pids,
    ReadonlyRootfs: rules.isRootReadOnly,
    Tmpfs: { '/tmp': rules.tmp },
    Privileged: privileged,
    CapDrop: privileged ? [] : ['ALL'],
    CapAdd: privileged ? [] : [...rules.capabilities],
    SecurityOpt: privileged ? [] : ['no-new-privileges'],
    PidMode: tier >= 3 && rights.isHostPidAllowed ? 'host' : '',
    IpcMode: 'private',
    Ulimits: [{ Name: 'core', Soft: 0, Hard: 0 }],
    OomScoreAdj: 500,
    Binds: tier === 4 && rights.isHostSocketAllowed ? [`${socketPath}:/var/run/docker.sock`] : [],
  };
}
