// New role: what a person says of a role before it is there, and what can answer in it. Pure.

import type { tenant, workspaces } from '@molecule/contracts';
import { LIMITS } from '@molecule/domain';

export const EXTERNAL = 'external';

export interface RoleDraft {
  name: string;
  purpose: string;
  managerId: string | null;
  engine: string;
  model: string;
}

export interface EngineOffer {
  name: string;
  isSimulated: boolean;
}

/** What this server can start, and an agent that runs elsewhere. */
export function engineOffers(info: Pick<tenant.TenantInfo, 'runtimes'> | null): EngineOffer[] {
  const ours = (info?.runtimes ?? [])
    .filter(({ installed, name }) => installed && name !== EXTERNAL)
    .map(({ name, simulated }) => ({ name, isSimulated: simulated }));
  return [...ours, { name: EXTERNAL, isSimulated: false }];
}

/** A model when a key for one is there; the rehearsal otherwise. */
export function firstEngine(info: Pick<tenant.TenantInfo, 'runtimes' | 'provider_keys'> | null): string {
  const offers = engineOffers(info);
  const hasKey = (info?.provider_keys.length ?? 0) > 0;
  return (offers.find(({ isSimulated }) => isSimulated !== hasKey) ?? offers[0])?.name ?? EXTERNAL;
}

export function isComplete({ name }: RoleDraft): boolean {
  const length = name.trim().length;
  return length > 0 && length <= LIMITS.nameChars;
}

/** Absent fields are the server's to choose. */
export function toBody({
  name,
  purpose,
  managerId,
  engine,
  model,
}: RoleDraft): workspaces.CreateWorkspaceInput {
  const said = (text: string) => (text.trim() === '' ? undefined : text.trim());
  return {
    name: name.trim(),
    role: said(purpose),
    parent_id: managerId ?? undefined,
    ...(engine === EXTERNAL ? { external: true } : { runtime: engine, model: said(model) }),
  };
}
