// Tiers: what each tier of a workspace may do and use when it runs in a container. Nothing here depends on what an agent
// asks for; what an operator may loosen is named in `HostRights`.

import type { Tier } from '@molecule/domain';
import type { HostConfig } from 'dockerode';
import { TIER_PIDS, TIER_SIZES, type TierSizes } from '../tier-sizes.ts';

export { TIER_SIZES, type TierSizes };

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
    pids: TIER_PIDS[1],
    hasWorkspace: false,
    isRootReadOnly: true,
    user: '1000:1000',
    capabilities: [],
    tmp: `size=64m,noexec,${TMPFS}`,
  },
  2: {
    pids: TIER_PIDS[2],
    hasWorkspace: true,
    isRootReadOnly: true,
    user: '1000:1000',
    capabilities: [],
    tmp: `size=256m,${TMPFS}`,
  },
  3: {
    pids: TIER_PIDS[3],
    hasWorkspace: true,
    isRootReadOnly: false,
    user: '0:0',
    capabilities: INSIDE_ROOT,
    tmp: `size=1g,${TMPFS}`,
  },
  4: {
    pids: TIER_PIDS[4],
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
