// Authorise: the one table of who passes which policy, with the refusal texts that clients match on.

import type { Policy, RouteContract } from '@molecule/contracts';
import { canCommunicate, faults, isAncestor, isUuid, type OrgChart } from '@molecule/domain';
import { type Authorize, type Caller, isAdminClass, isOpenAnonymous } from '@molecule/http';
import type { FastifyRequest } from 'fastify';

type Gate = (caller: Caller, params: Record<string, string>, chart: OrgChart, request: Asked) => void;

/** What a gate may see of a request beside its path. */
interface Asked {
  headers: FastifyRequest['headers'];
  query: unknown;
}

/** An error while deciding is a denial: gates throw faults and nothing else. */
const GATES: Record<Policy, Gate> = {
  open: () => {},
  admin: (caller) => {
    if (isAdminClass(caller) || isOpenToAnyone(caller)) return;
    if (caller.kind === 'anonymous') throw faults.authRequired('admin auth required');
    throw faults.invalidCredential('invalid admin auth token');
  },
  workspace: (caller, params) => requireWorkspaceCaller(caller, params.id),
  workspace_in_query: (caller, _params, _chart, { query }) => {
    const { workspace_id: id } = query as { workspace_id?: unknown };
    requireWorkspaceCaller(caller, typeof id === 'string' ? id : undefined);
  },
  delegator: (caller, params, _chart, { headers }) => {
    const named = headers['x-workspace-id'];
    const isNamed = caller.kind === 'workspace' && typeof named === 'string';
    if (isNamed && caller.workspaceId === named.toLowerCase()) return;
    requireWorkspaceCaller(caller, params.id);
  },
  superior: (caller, params, chart) => {
    if (isAdminClass(caller) || isOpenAnonymous(caller)) return;
    const target = params.id?.toLowerCase() ?? '';
    if (caller.kind === 'workspace') {
      if (caller.workspaceId === target) throw faults.forbidden('a workspace cannot decide about itself');
      if (isAncestor(chart, caller.workspaceId, target)) return;
    }
    refuseWorkspaceCaller(caller);
  },
  context: (caller, params, chart) => {
    if (isAdminClass(caller) || isOpenAnonymous(caller)) return;
    const target = params.id?.toLowerCase() ?? '';
    if (caller.kind === 'workspace') {
      if (caller.workspaceId === target || chart.parentOf(caller.workspaceId) === target) return;
    }
    refuseWorkspaceCaller(caller);
  },
  state: (caller, params) => {
    if (isAdminClass(caller) || isOpenAnonymous(caller)) return;
    const isBound = caller.kind === 'workspace' || caller.kind === 'removed_workspace';
    if (isBound && caller.workspaceId === params.id?.toLowerCase()) return;
    refuseWorkspaceCaller(caller);
  },
  member: (caller, params, chart) => {
    if (isAdminClass(caller) || isOpenAnonymous(caller)) return;
    const target = params.id?.toLowerCase() ?? '';
    if (caller.kind === 'workspace') {
      if (!isUuid(target)) throw faults.invalidWorkspaceId();
      if (canCommunicate(chart, caller.workspaceId, target)) return;
      // Somebody else's workspace answers like one that never existed.
      throw faults.workspaceNotFound();
    }
    refuseWorkspaceCaller(caller);
  },
  canvas: (caller) => {
    if (isAdminClass(caller) || isOpenToAnyone(caller) || caller.kind === 'workspace') return;
    if (caller.kind === 'anonymous') throw faults.authRequired('admin auth required');
    throw faults.invalidCredential('invalid admin auth token');
  },
  // The next three decide inside: their rule needs the body, a header or the upgrade.
  agent: () => {},
  relay: () => {},
  stream: () => {},
};

function requireWorkspaceCaller(caller: Caller, id: string | undefined): void {
  if (isAdminClass(caller) || isOpenAnonymous(caller)) return;
  if (caller.kind === 'workspace' && caller.workspaceId === id?.toLowerCase()) return;
  refuseWorkspaceCaller(caller);
}

/** Development mode passes the admin gates whatever was sent, a wrong bearer included. */
function isOpenToAnyone(caller: Caller): boolean {
  return (caller.kind === 'anonymous' || caller.kind === 'invalid') && caller.isOpen;
}

export function refuseWorkspaceCaller(caller: Caller): never {
  if (caller.kind === 'anonymous') throw faults.authRequired('missing workspace auth token');
  throw faults.invalidCredential('invalid workspace auth token');
}

export function createAuthorize(chart: OrgChart): Authorize {
  return (route: RouteContract, caller, params, request) =>
    GATES[route.policy](caller, params, chart, request);
}
