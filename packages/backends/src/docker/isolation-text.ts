// Isolation text: what the engine of this machine really keeps workspaces within, in words for people; never more.

import type { HostRights } from './tiers.ts';

/** What the engine tells of itself, as far as it matters here. */
export interface EngineFacts {
  MemoryLimit?: boolean;
  PidsLimit?: boolean;
  CpuCfsQuota?: boolean;
  SecurityOptions?: string[] | null;
}

export function isolationText(facts: EngineFacts, rights: HostRights): string {
  const has = (name: string) =>
    (facts.SecurityOptions ?? []).some((option) => option.includes(`name=${name}`));
  const kept = [
    'own file system, processes and network address',
    'no capability on tiers 1 and 2, few on 3 and 4',
    'no new privileges',
  ];
  const missing = [
    'a limit on disk',
    'a limit on where agents may connect to',
    ...split(facts.MemoryLimit === true, 'memory', kept),
    ...split(facts.PidsLimit === true, 'number of processes', kept),
    ...split(facts.CpuCfsQuota === true, 'processor time', kept),
    ...split(has('seccomp'), 'a filter of system calls', kept),
  ];
  const loosened = [
    ...(rights.isPrivilegedAllowed ? ['tiers 3 and 4 are privileged'] : []),
    ...(rights.isHostPidAllowed ? ['tiers 3 and 4 see the processes of this machine'] : []),
    ...(rights.isHostNetworkAllowed ? ['tier 4 is on the network of this machine'] : []),
    ...(rights.isHostSocketAllowed ? ['tier 4 commands the container engine'] : []),
  ];
  const opened = loosened.length === 0 ? '' : `; OPENED by the operator: ${loosened.join(', ')}`;
  return `containers: ${kept.join(', ')}; NOT enforced: ${missing.join(', ')}; root of tiers 3 and 4 is root of the kernel that all share${opened}`;
}

function split(isKept: boolean, name: string, kept: string[]): string[] {
  if (!isKept) return [name];
  kept.push(name);
  return [];
}
