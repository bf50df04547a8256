// Container settings: what an operator may set about workspaces in containers. Nothing of the host is given to a container
// unless its variable is 1.

import { isAbsolute } from 'node:path';
import { defineSettings, SettingsError, type SettingsOf, setting } from '@molecule/kit';

const memory = (tier: number, mib: number) =>
  setting.int(`TIER${tier}_MEMORY_MB`, {
    default: mib,
    min: 64,
    max: 1_048_576,
    doc: `Memory of a tier ${tier} container, in MiB.`,
  });
const shares = (tier: number, count: number) =>
  setting.int(`TIER${tier}_CPU_SHARES`, {
    default: count,
    min: 10,
    max: 1_048_576,
    doc: `Processor time of a tier ${tier} container; 1024 are one processor.`,
  });
const opening = (name: string, doc: string) => setting.flag(name, { default: false, doc });

export const CONTAINER_SETTINGS = defineSettings({
  dockerHost: setting.text('DOCKER_HOST', {
    default: 'unix:///var/run/docker.sock',
    doc: 'Socket of the container engine.',
    example: 'unix:///var/run/docker.sock',
  }),
  tier1MemoryMib: memory(1, 256),
  tier1CpuShares: shares(1, 512),
  tier2MemoryMib: memory(2, 512),
  tier2CpuShares: shares(2, 1024),
  tier3MemoryMib: memory(3, 2048),
  tier3CpuShares: shares(3, 2048),
  tier4MemoryMib: memory(4, 4096),
  tier4CpuShares: shares(4, 4096),
  isWeakSandboxAllowed: opening(
    'PROCESS_ALLOW_WEAK_SANDBOX',
    'Tier 1 starts as a process also where this machine gives agents no users of their own.',
  ),
  isPrivilegedAllowed: opening(
    'ALLOW_PRIVILEGED',
    'Containers of tiers 3 and 4 are privileged: root of this machine.',
  ),
  isHostPidAllowed: opening(
    'ALLOW_HOST_PID',
    'Containers of tiers 3 and 4 see the processes of this machine.',
  ),
  isHostNetworkAllowed: opening(
    'ALLOW_HOST_NETWORK',
    'Containers of tier 4 are on the network of this machine.',
  ),
  isHostSocketAllowed: opening('ALLOW_HOST_SOCKET', 'Containers of tier 4 command the container engine.'),
});

export interface ContainerConfig {
  socketPath: string;
  isWeakSandboxAllowed: boolean;
  sizes: Readonly<Record<1 | 2 | 3 | 4, { memoryMib: number; cpuShares: number }>>;
  rights: {
    isPrivilegedAllowed: boolean;
    isHostPidAllowed: boolean;
    isHostNetworkAllowed: boolean;
    isHostSocketAllowed: boolean;
  };
}

export function containerConfig(read: SettingsOf<typeof CONTAINER_SETTINGS>): ContainerConfig {
  return Object.freeze({
    socketPath: socketPathOf(read.dockerHost),
    isWeakSandboxAllowed: read.isWeakSandboxAllowed,
    sizes: {
      1: { memoryMib: read.tier1MemoryMib, cpuShares: read.tier1CpuShares },
      2: { memoryMib: read.tier2MemoryMib, cpuShares: read.tier2CpuShares },
      3: { memoryMib: read.tier3MemoryMib, cpuShares: read.tier3CpuShares },
      4: { memoryMib: read.tier4MemoryMib, cpuShares: read.tier4CpuShares },
    },
    rights: {
      isPrivilegedAllowed: read.isPrivilegedAllowed,
      isHostPidAllowed: read.isHostPidAllowed,
      isHostNetworkAllowed: read.isHostNetworkAllowed,
      isHostSocketAllowed: read.isHostSocketAllowed,
    },
  });
}

function socketPathOf(dockerHost: string): string {
  const path = dockerHost.replace(/^unix:\/\//, '');
  if (isAbsolute(path)) return path;
  throw new SettingsError([
    `DOCKER_HOST=${dockerHost} is not a socket of this machine; set DOCKER_HOST=unix:///var/run/docker.sock`,
  ]);
}
