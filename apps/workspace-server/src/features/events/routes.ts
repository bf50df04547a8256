// Event routes: lists of stored events, the WebSocket, and server-sent events of one workspace.

import { events } from '@molecule/contracts';
import { faults, isUuid, LIMITS } from '@molecule/domain';
import type { Binder } from '@molecule/http';
import type { FastifyInstance } from 'fastify';
import type { UpgradeGate } from '../access/index.ts';
import { requireWorkspace } from '../workspaces/index.ts';
import { CURSOR_GONE, type EventDeps, parseSeq } from './event-deps.ts';
import type { PublishedEvent } from './event-log.ts';
import { bindEventSocket } from './event-socket.ts';
import { streamEvents } from './event-stream.ts';

export function bindEventRoutes(
  app: FastifyInstance,
  binder: Binder,
  deps: EventDeps & { gate: UpgradeGate },
): void {
  const list = async (
    query: { limit: number; before?: string; type?: string; since_seq?: string },
    workspaceId?: string,
  ) => {
    if (query.since_seq !== undefined) {
      const rows = await deps.log.since(parseSeq(query.since_seq), LIMITS.eventsMax, workspaceId);
      if (!rows) throw faults.cursorGone(CURSOR_GONE);
      return rows.map(toRow);
    }
    const before = query.before === undefined ? undefined : Date.parse(query.before);
    if (before !== undefined && Number.isNaN(before)) {
      throw faults.invalidRequest('before must be an RFC3339 timestamp');
    }
    return (await deps.log.newest({ workspaceId, limit: query.limit, before, type: query.type })).map(toRow);
  };

  binder.bind(app, events.listEvents, async ({ query }) => list(query));

  binder.bind(app, events.listWorkspaceEvents, async ({ params, query }) => {
    if (!isUuid(params.workspaceId)) throw faults.invalidWorkspaceId();
    return list(query, params.workspaceId.toLowerCase());
  });

  binder.bind(app, events.streamWorkspaceEvents, async ({ caller, params, request, reply }) => {
    const { id } = requireWorkspace(deps.directory, params.id);
    const { hub, log, followers } = deps;
    await streamEvents({ workspaceId: id, caller, request, reply, hub, log, followers });
    return reply;
  });

  binder.adopt(events.followEvents);
  bindEventSocket(app, deps, deps.gate);
}

function toRow(event: PublishedEvent): events.EventRow {
  return {
    id: event.id,
    event_type: event.type,
    workspace_id: event.workspaceId,
    payload: event.payload,
    created_at: new Date(event.createdAt).toISOString(),
    seq: event.seq,
  };
}
