// Register agent: an agent says that it is up. Its address is checked, its card kept, its workspace comes online.

import { type DeliveryMode, faults, parseWorkspaceId, type WorkspaceState } from '@molecule/domain';
import type { Caller } from '@molecule/http';
import { type AccessStore, requireOwnToken } from '../access/index.ts';
import {
  type EditDeps,
  editWorkspaces,
  isoOrNull,
  planTransition,
  type VitalSigns,
} from '../workspaces/index.ts';

export interface RegisterDeps extends EditDeps {
  access: AccessStore;
  vitals: VitalSigns;
  /** Refuses an address that the server must not call. Throws INVALID_REQUEST with the reason. */
  checkAgentUrl(url: string): Promise<void>;
  onHeardOf(workspaceId: string): void;
}

export interface RegisterInput {
  id: string;
  url?: string | null;
  agentCard: Record<string, unknown>;
  deliveryMode?: string | null;
}

export async function registerAgent(
  deps: RegisterDeps,
  caller: Caller,
  input: RegisterInput,
): Promise<{ deliveryMode: DeliveryMode; authToken: string | null }> {
  const id = parseWorkspaceId(input.id);
  if (!id) throw faults.invalidRequest('invalid request body', { details: 'id must be a UUID' });
  if (input.deliveryMode && input.deliveryMode !== 'push' && input.deliveryMode !== 'poll') {
    throw faults.invalidRequest("delivery_mode must be 'push' or 'poll'");
  }
  const known = deps.directory.get(id);
  const isFirstCall = await admit(deps, caller, id, known);
  if (!known) throw faults.workspaceNotFound();
  if (known.status === 'removed') throw faults.workspaceRemoved(id, isoOrNull(known.removedAt));
  const address = await chooseAddress(deps, known, input);
  const card = completeCard(input.agentCard, known);
  const { runtimeMetadata } = deps.vitals.of(id);
  await deps.vitals.report(id, {
    lastHeartbeatAt: deps.clock.now(),
    runtimeState: '',
    activeTasks: 0,
    currentTask: '',
    // What the agent before this one ran says nothing of it; its first beat does.
    runtimeMetadata: runtimeMetadata && { ...runtimeMetadata, config_generation: null },
  });
  await editWorkspaces(deps, [id], `workspace:${id}`, (rows) => {
    const before = rows.get(id);
    if (!before) return null;
    const patch = { agentCard: card, ...address };
    const edit = planTransition(deps, before, {
      trigger: 'register',
      patch,
      payload: () => ({ url: address.url, agent_card: card, delivery_mode: address.deliveryMode }),
    });
    // Paused and hibernated workspaces keep their status: a late agent does not revive them.
    return {
      edits: [
        edit ?? { workspaceId: id, change: { kind: 'patched', patch: { agentCard: card } }, events: [] },
      ],
    };
  });
  deps.onHeardOf(id);
  const needsToken = isFirstCall || !deps.access.hasLiveToken(id);
  return {
    deliveryMode: address.deliveryMode,
    authToken: needsToken ? await deps.access.mint(id, 'register') : null,
  };
}

/** The gate; true for the one anonymous call that a workspace without any token ever issued may make. */
async function admit(
  deps: RegisterDeps,
  caller: Caller,
  id: string,
  known: WorkspaceState | null,
): Promise<boolean> {
  if (caller.kind === 'removed_workspace' && caller.workspaceId === id) return false;
  const mayComeFirst = known !== null && ['provisioning', 'awaiting_agent', 'failed'].includes(known.status);
  if (caller.kind === 'anonymous' && mayComeFirst && !(await deps.access.wasTokenIssued(id))) return true;
  requireOwnToken(caller, id, deps.access, { admits: 'own_or_admin' });
  return false;
}

interface Address {
  url: string;
  isUrlOurs: boolean;
  deliveryMode: DeliveryMode;
}

/** Payload, else the stored mode, else by what the agent is and whether its address can be called. */
async function chooseAddress(
  deps: RegisterDeps,
  known: WorkspaceState,
  input: RegisterInput,
): Promise<Address> {
  const url = (input.url ?? '').trim();
  if (known.isUrlOurs || (known.backend !== 'external' && known.backend !== 'none')) {
    // Our own provisioner knows the address; what the agent believes of itself is neither stored nor refused.
    return { url: known.url, isUrlOurs: known.isUrlOurs, deliveryMode: 'push' };
  }
  const isCallable = /^https?:\/\//i.test(url);
  const mode =
    (input.deliveryMode as DeliveryMode | null | undefined) ||
    known.deliveryMode ||
    (isCallable ? 'push' : 'poll');
  if (mode === 'poll') return { url: '', isUrlOurs: false, deliveryMode: 'poll' };
  if (url === '') throw faults.invalidRequest('url is required for push-mode workspaces');
  await deps.checkAgentUrl(url);
  return { url, isUrlOurs: false, deliveryMode: 'push' };
}

/** A card that says nothing of itself is filled from the workspace's row. */
function completeCard(card: Record<string, unknown>, known: WorkspaceState): Record<string, unknown> {
  const isBlank = (value: unknown) => typeof value !== 'string' || value === '' || value === known.id;
  return {
    ...card,
    ...(isBlank(card.name) ? { name: known.name } : {}),
    ...(isBlank(card.description) && known.role ? { description: known.role } : {}),
  };
}
