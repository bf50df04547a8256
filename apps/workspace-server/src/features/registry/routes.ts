// Registry routes: agents report in and find each other.

import { registry } from '@molecule/contracts';
import { canCommunicate, faults, isUuid, parseWorkspaceId } from '@molecule/domain';
import { type Binder, type Caller, isAdminClass } from '@molecule/http';
import type { FastifyInstance } from 'fastify';
import { refuseSystemCaller, requireOwnToken } from '../access/index.ts';
import { editWorkspaces, requireWorkspace } from '../workspaces/index.ts';
import { explainAccess } from './explain-access.ts';
import { discover, listPeers, type PeerDeps } from './find-peers.ts';
import { type HeartbeatDeps, receiveHeartbeat } from './receive-heartbeat.ts';
import { type RegisterDeps, registerAgent } from './register-agent.ts';

export type RegistryRouteDeps = RegisterDeps & HeartbeatDeps & PeerDeps;

export function bindRegistryRoutes(app: FastifyInstance, binder: Binder, deps: RegistryRouteDeps): void {
  binder.bind(app, registry.register, async ({ body, caller }) => {
    const { deliveryMode, authToken } = await registerAgent(deps, caller, {
      id: body.id,
      url: body.url,
      agentCard: body.agent_card,
      deliveryMode: body.delivery_mode,
    });
    return {
      status: 'registered' as const,
      delivery_mode: deliveryMode,
      ...(authToken === null ? {} : { auth_token: authToken }),
    };
  });

  binder.bind(app, registry.heartbeat, async ({ body, caller }) => {
    await receiveHeartbeat(deps, caller, body);
    return { status: 'ok' as const };
  });

  binder.bind(app, registry.updateCard, async ({ body, caller }) => {
    const id = parseWorkspaceId(body.workspace_id);
    if (!id) throw faults.invalidRequest('invalid request body', { details: 'workspace_id must be a UUID' });
    requireOwnToken(caller, id, deps.access, { admits: 'own_or_admin' });
    const workspace = requireWorkspace(deps.directory, id);
    const card = body.agent_card;
    await editWorkspaces(deps, [workspace.id], `workspace:${id}`, () => ({
      edits: [
        {
          workspaceId: id,
          change: { kind: 'patched', patch: { agentCard: card } },
          events: [{ type: 'AGENT_CARD_UPDATED', payload: { agent_card: card } }],
        },
      ],
    }));
    return { status: 'updated' as const };
  });

  binder.bind(app, registry.discover, async ({ params, query, request, reply, caller }) => {
    const callerId = namedCaller(request.headers['x-workspace-id']);
    requireOwnToken(caller, callerId, deps.access, { admits: 'own_or_admin' });
    const maySeeAll = caller.kind !== 'workspace';
    const { found, isForwarded } = await discover(deps, callerId, params.id, { maySeeAll });
    if (isForwarded && query.redirect) return reply.code(301).header('location', found.url).send(found);
    return found;
  });

  binder.bind(app, registry.listPeers, async ({ params, query, caller }) => {
    requireOwnToken(caller, params.id.toLowerCase(), deps.access, { admits: 'own_or_admin' });
    if (!isUuid(params.id)) throw faults.invalidWorkspaceId();
    return listPeers(deps, params.id, query.q);
  });

  binder.bind(app, registry.checkAccess, async ({ body, caller }) => {
    requireAnyMember(caller, body.caller_id, body.target_id);
    return {
      allowed: canCommunicate(deps.directory, body.caller_id.toLowerCase(), body.target_id.toLowerCase()),
    };
  });

  binder.bind(app, registry.explainAccess, async ({ query, caller }) => {
    requireAnyMember(caller, query.from, query.to);
    return explainAccess(deps, { ...query, maySeeAll: caller.kind !== 'workspace' });
  });
}

function namedCaller(header: string | string[] | undefined): string {
  const named = (Array.isArray(header) ? header[0] : header)?.trim();
  if (!named) throw faults.invalidRequest('X-Workspace-ID header is required');
  refuseSystemCaller(named);
  return named.toLowerCase();
}

/** Topology is no public knowledge: admin-class callers ask about anybody, a workspace about itself. */
function requireAnyMember(caller: Caller, callerId: string, targetId: string): void {
  if (isAdminClass(caller) || (caller.kind === 'anonymous' && caller.isOpen)) return;
  if (caller.kind === 'workspace') {
    if ([callerId.toLowerCase(), targetId.toLowerCase()].includes(caller.workspaceId)) return;
    throw faults.forbidden('a workspace may ask about itself only');
  }
  if (caller.kind === 'anonymous') throw faults.authRequired('missing workspace auth token');
  throw faults.invalidCredential('invalid workspace auth token');
}
