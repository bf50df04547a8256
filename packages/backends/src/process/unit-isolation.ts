// Unit isolation: what was really put around one process unit, and why the rest was not; in codes and in words for people.

import { existsSync } from 'node:fs';
import type { Isolation, Tier } from '@molecule/domain';
import type { Controller } from './control-groups.ts';
import { PRLIMIT, yieldsProcessor } from './unit-command.ts';
import type { UnitLimits } from './unit-limits.ts';

const MIB = 1024 * 1024;

export interface UnitFacts {
  tier: Tier;
  /** Null: it runs as the user of this server, and `whyNoUser` says why. */
  uid: number | null;
  whyNoUser: string;
  /** What the kernel's control groups keep for it. */
  kept: ReadonlySet<Controller>;
  limits: UnitLimits;
}

type Aspect = Isolation['aspects'][number];

export function isolationOf(
  facts: UnitFacts,
  isInstalled: (path: string) => boolean = existsSync,
): Isolation {
  return {
    kind: facts.uid === null ? 'server_user' : 'own_user',
    backend: 'process',
    tier: facts.tier,
    aspects: [...userAspects(facts), ...limitAspects(facts, isInstalled), ...OPEN],
  };
}

function userAspects({ uid, whyNoUser }: UnitFacts): Aspect[] {
  const root = 'programs and folders of this machine that everybody may read are visible';
  if (uid === null) {
    const why = `it may do whatever the user of this server may do: ${whyNoUser}`;
    return [
      { aspect: 'files', state: 'not_enforced', text: why },
      { aspect: 'processes', state: 'not_enforced', text: why },
      { aspect: 'rights', state: 'not_enforced', text: why },
      { aspect: 'root_folder', state: 'not_enforced', text: root },
    ];
  }
  return [
    { aspect: 'files', state: 'enforced', text: `user ${uid} of its own: no private file of others` },
    {
      aspect: 'processes',
      state: 'enforced',
      text: 'memory and environment of others refused; their names are visible',
    },
    { aspect: 'rights', state: 'enforced', text: 'no capability, and none can be gained' },
    { aspect: 'root_folder', state: 'not_enforced', text: root },
  ];
}

function limitAspects(
  { tier, uid, kept, limits }: UnitFacts,
  isInstalled: (path: string) => boolean,
): Aspect[] {
  const mib = limits.memoryBytes / MIB;
  const cores = limits.cpuShares / 1024;
  const hasUserLimit = uid !== null && isInstalled(PRLIMIT);
  const watched = 'measured every 2 s and ended when exceeded, as this server may make no control group';
  const processor: Aspect = kept.has('cpu')
    ? { aspect: 'cpu', state: 'enforced', text: `${cores} processors, by a control group` }
    : {
        aspect: 'cpu',
        state: 'not_enforced',
        text: `this server may make no control group${yieldsProcessor(tier, isInstalled) ? '; it yields to others' : ''}`,
      };
  return [
    kept.has('memory')
      ? { aspect: 'memory', state: 'enforced', text: `${mib} MiB without swap, by a control group` }
      : { aspect: 'memory', state: 'watched', text: `${mib} MiB, ${watched}` },
    processor,
    kept.has('pids') || hasUserLimit
      ? {
          aspect: 'pids',
          state: 'enforced',
          text: `${limits.pids}, by ${kept.has('pids') ? 'a control group' : 'a limit of its user'}`,
        }
      : { aspect: 'pids', state: 'watched', text: `${limits.pids}, ${watched}` },
  ];
}

/** Of every process unit. */
const OPEN: readonly Aspect[] = [
  { aspect: 'disk', state: 'not_enforced', text: 'it may fill the disk of this machine' },
  { aspect: 'network', state: 'not_enforced', text: 'it is on the network of this machine' },
  { aspect: 'agent_port', state: 'not_enforced', text: 'any program of this machine can reach its port' },
];
