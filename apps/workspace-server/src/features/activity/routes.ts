// Activity routes: read and write a workspace's activity, and messages from an agent to its people.

import { activity, type QueryOf } from '@molecule/contracts';
import { faults, isUuid } from '@molecule/domain';
import type { Binder } from '@molecule/http';
import type { Clock } from '@molecule/kit';
import type { FastifyInstance } from 'fastify';
import { requireWorkspace, type WorkspaceDirectory } from '../workspaces/index.ts';
import type { ActivityQuery, StoredActivity } from './activity-log.ts';
import { notifyPeople } from './notify-people.ts';
import { type RecordDeps, recordActivity } from './record-activity.ts';
import { type SessionRow, type SessionSource, searchSession } from './search-session.ts';

export interface ActivityRouteDeps extends RecordDeps {
  directory: WorkspaceDirectory;
  clock: Clock;
  /** Where a session is searched. */
  sessionSources: readonly SessionSource[];
}

const MAX_SINCE_SECONDS = 2_592_000;
const CURSOR_GONE =
  'since_id cursor not found (row may have been pruned or belongs to a different workspace); omit since_id to reset';

export function bindActivityRoutes(app: FastifyInstance, binder: Binder, deps: ActivityRouteDeps): void {
  const list = async (id: string, query: ListQuery) => {
    if (!isUuid(id)) throw faults.invalidWorkspaceId();
    const rows = await deps.activityLog.list(parseQuery(id.toLowerCase(), query, deps.clock));
    if (!rows) throw faults.cursorGone(CURSOR_GONE);
    return rows.map(toRow);
  };

  binder.bind(app, activity.listActivity, async ({ params, query }) => list(params.id, query));

  binder.bind(app, activity.listActivityByQuery, async ({ query }) => list(query.workspace_id ?? '', query));

  binder.bind(app, activity.searchSession, async ({ params, query }) => {
    const { id } = requireWorkspace(deps.directory, params.id);
    const text = (query.q ?? '').trim();
    const found = await searchSession(deps.sessionSources, { workspaceId: id, text, limit: query.limit });
    return found.map(toSessionRow);
  });

  binder.bind(app, activity.logActivity, async ({ params, body, caller }) => {
    const { id } = requireWorkspace(deps.directory, params.id);
    if (!(activity.ACTIVITY_TYPES as readonly string[]).includes(body.activity_type)) {
      throw faults.invalidRequest(
        `invalid activity_type, must be one of: ${activity.ACTIVITY_TYPES.join(', ')}`,
      );
    }
    if (body.source_id && body.source_id !== id && caller.kind !== 'admin') {
      throw faults.forbidden('source_id must match authenticated workspace');
    }
    await recordActivity(deps, {
      workspaceId: id,
      type: body.activity_type,
      sourceId: id,
      targetId: body.target_id ?? null,
      method: body.method ?? null,
      summary: body.summary ?? null,
      status: body.status ?? 'ok',
      errorDetail: body.error_detail ?? null,
      durationMs: body.duration_ms ?? null,
      requestBody: body.request_body ?? body.metadata,
      responseBody: body.response_body,
    });
    return { status: 'logged' as const };
  });

  binder.bind(app, activity.notify, async ({ params, body }) => {
    const workspace = requireWorkspace(deps.directory, params.id);
    await notifyPeople(deps, workspace, body);
    return { status: 'sent' as const };
  });
}

type ListQuery = QueryOf<typeof activity.listActivity>;

function parseQuery(workspaceId: string, query: ListQuery, clock: Clock): ActivityQuery {
  const { source } = query;
  if (source !== undefined && source !== 'canvas' && source !== 'agent') {
    throw faults.invalidRequest("source must be 'canvas' or 'agent'");
  }
  if (query.peer_id !== undefined && !isUuid(query.peer_id))
    throw faults.invalidRequest('peer_id must be a UUID');
  if (query.since_id !== undefined && !isUuid(query.since_id)) throw faults.cursorGone(CURSOR_GONE);
  return {
    workspaceId,
    type: query.type,
    source,
    limit: query.limit,
    sinceId: query.since_id,
    notBefore: parseSinceSeconds(query.since_secs, clock),
    before: parseBefore(query.before_ts),
    peerId: query.peer_id?.toLowerCase(),
  };
}

function parseSinceSeconds(text: string | undefined, clock: Clock): number | undefined {
  if (text === undefined) return undefined;
  const seconds = Number(text);
  if (!Number.isInteger(seconds) || seconds <= 0)
    throw faults.invalidRequest('since_secs must be a positive integer');
  return clock.now() - Math.min(seconds, MAX_SINCE_SECONDS) * 1000;
}

const RFC3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/i;

function parseBefore(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = RFC3339.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(ms)) {
    throw faults.invalidRequest('before_ts must be an RFC3339 timestamp (e.g. 2026-05-01T00:00:00Z)');
  }
  return ms;
}

function toRow(row: StoredActivity): activity.ActivityRow {
  return {
    id: row.id,
    workspace_id: row.workspaceId,
    activity_type: row.type,
    source_id: row.sourceId,
    target_id: row.targetId,
    method: row.method,
    summary: row.summary,
    duration_ms: row.durationMs,
    status: row.status,
    error_detail: row.errorDetail,
    created_at: new Date(row.createdAt).toISOString(),
    seq: row.seq,
    ...(row.chainId === null ? {} : { chain_id: row.chainId }),
    ...(row.requestBody === null ? {} : { request_body: row.requestBody }),
    ...(row.responseBody === null ? {} : { response_body: row.responseBody }),
    ...(row.toolTrace === null ? {} : { tool_trace: row.toolTrace }),
  };
}

function toSessionRow(row: SessionRow): activity.SessionRow {
  return {
    kind: row.kind,
    id: row.id,
    workspace_id: row.workspaceId,
    label: row.label,
    content: row.content,
    method: row.method,
    status: row.status,
    created_at: new Date(row.createdAt).toISOString(),
    ...(row.requestBody === null ? {} : { request_body: row.requestBody }),
    ...(row.responseBody === null ? {} : { response_body: row.responseBody }),
  };
}
