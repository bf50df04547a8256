// Isolation: what really separates one running workspace from the machine and from other workspaces; never more than is true.

import type { BackendName } from './backend-name.ts';
import type { Tier } from './tiers.ts';

/** In what a workspace runs, from far apart to not at all. */
export const ISOLATION_KINDS = [
  'instance',
  'container',
  'own_user',
  'server_user',
  'elsewhere',
  'unknown',
] as const;
export type IsolationKind = (typeof ISOLATION_KINDS)[number];

export const ISOLATION_ASPECTS = [
  'files',
  'processes',
  'rights',
  'root_folder',
  'memory',
  'cpu',
  'pids',
  'disk',
  'network',
  'agent_port',
] as const;
export type IsolationAspect = (typeof ISOLATION_ASPECTS)[number];

/** `watched`: measured now and then, and ended when exceeded; something quick outruns it. */
export const ISOLATION_STATES = ['enforced', 'watched', 'not_enforced'] as const;
export type IsolationState = (typeof ISOLATION_STATES)[number];

export interface Isolation {
  kind: IsolationKind;
  backend: BackendName;
  /** The tier that it was started with; one that was changed since holds from the next start. */
  tier: Tier;
  aspects: readonly { aspect: IsolationAspect; state: IsolationState; text: string }[];
}

/** Where nobody here looked: nothing is claimed. */
export function unseenIsolation(
  kind: 'instance' | 'elsewhere' | 'unknown',
  backend: BackendName,
  tier: Tier,
): Isolation {
  return { kind, backend, tier, aspects: [] };
}
