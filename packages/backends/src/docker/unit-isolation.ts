// Unit isolation: what really surrounds one container: what it was made with, as far as the engine says that it can keep it.

import type { Isolation, Tier } from '@molecule/domain';
import type { HostConfig } from 'dockerode';
import type { EngineFacts } from './isolation-text.ts';

const MIB = 1024 * 1024;

type Aspect = Isolation['aspects'][number];

/** `made`: as the engine tells it of the container that runs, and who runs in it. */
export function isolationOf(tier: Tier, made: HostConfig, user: string, engine: EngineFacts): Isolation {
  const isOpened =
    made.Privileged === true || (made.Binds ?? []).some((bind) => bind.includes('docker.sock'));
  return {
    kind: 'container',
    backend: 'docker',
    tier,
    aspects: [
      filesOf(isOpened),
      processesOf(made, isOpened),
      rightsOf(made, user),
      made.ReadonlyRootfs === true
        ? { aspect: 'root_folder', state: 'enforced', text: 'of its own, read only' }
        : { aspect: 'root_folder', state: 'not_enforced', text: 'of its own, and writable' },
      limit('memory', engine.MemoryLimit, made.Memory, (bytes) => `${bytes / MIB} MiB without swap`),
      limit(
        'cpu',
        engine.CpuCfsQuota,
        made.CpuQuota,
        (us) => `${us / (made.CpuPeriod || 100_000)} processors`,
      ),
      limit('pids', engine.PidsLimit, made.PidsLimit, String),
      { aspect: 'disk', state: 'not_enforced', text: 'it may fill the disk of this machine' },
      networkOf(made),
      made.NetworkMode === 'host'
        ? {
            aspect: 'agent_port',
            state: 'not_enforced',
            text: 'any program of this machine can reach its port',
          }
        : {
            aspect: 'agent_port',
            state: 'not_enforced',
            text: "this machine and other containers of the tenant's network can reach its port",
          },
    ],
  };
}

function filesOf(isOpened: boolean): Aspect {
  return isOpened
    ? { aspect: 'files', state: 'not_enforced', text: 'the operator opened the machine to this tier' }
    : {
        aspect: 'files',
        state: 'enforced',
        text: 'a file system of its own; of this machine what was mounted',
      };
}

function processesOf({ PidMode }: HostConfig, isOpened: boolean): Aspect {
  if (PidMode === 'host' || isOpened) {
    return {
      aspect: 'processes',
      state: 'not_enforced',
      text: 'the operator opened the machine to this tier',
    };
  }
  return { aspect: 'processes', state: 'enforced', text: 'sees its own only' };
}

function rightsOf({ Privileged, CapAdd, CapDrop, SecurityOpt }: HostConfig, user: string): Aspect {
  const isBound = (SecurityOpt ?? []).some((option: string) => option.startsWith('no-new-privileges'));
  if (Privileged === true || !isBound || !(CapDrop ?? []).includes('ALL')) {
    return { aspect: 'rights', state: 'not_enforced', text: 'privileged, as the operator allowed' };
  }
  const added = CapAdd ?? [];
  const who = user.startsWith('0') ? 'root of the container, on the kernel that all share' : `user ${user}`;
  const what = added.length === 0 ? 'no capability' : `${added.length} capabilities`;
  return { aspect: 'rights', state: 'enforced', text: `${who}; ${what}, and none can be gained` };
}

function networkOf({ NetworkMode }: HostConfig): Aspect {
  if (NetworkMode === 'host') {
    return { aspect: 'network', state: 'not_enforced', text: 'it is on the network of this machine' };
  }
  const text = "an address of its own on the tenant's network; where it connects to is not limited";
  return { aspect: 'network', state: 'enforced', text };
}

/** Asked for, and the engine says that this kernel keeps it. */
function limit(
  aspect: 'memory' | 'cpu' | 'pids',
  isKept: boolean | undefined,
  value: number | null | undefined,
  words: (value: number) => string,
): Aspect {
  if (isKept === true && value) return { aspect, state: 'enforced', text: words(value) };
  return { aspect, state: 'not_enforced', text: 'the engine says that this kernel does not keep it' };
}
