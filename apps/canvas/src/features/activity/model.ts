// Activity: what happened in the organisation, newest first, as the feed shows it. Rows and live events become one list.

import type { activity, events } from '@molecule/contracts';
import { isObject } from '../workspaces/model.ts';

export const FEED_LIMIT = 500;

export interface FeedItem {
  id: string;
  atMs: number;
  workspaceId: string;
  /** An activity type (`a2a_send`…) or the name of a structural event. */
  kind: string;
  sourceId: string | null;
  targetId: string | null;
  method: string | null;
  text: string | null;
  isError: boolean;
  durationMs: number | null;
}

export type Feed = readonly FeedItem[];

export function fromRow(row: activity.ActivityRow): FeedItem {
  return {
    id: row.id,
    atMs: Date.parse(row.created_at),
    workspaceId: row.workspace_id,
    kind: row.activity_type,
    sourceId: row.source_id,
    targetId: row.target_id,
    method: row.method,
    text: row.error_detail ?? row.summary,
    isError: row.status === 'error' || row.status === 'timeout',
    durationMs: row.duration_ms,
  };
}

/** A live activity event; null when it carries no id, because then it can't be told from its row. */
export function fromActivityFrame(frame: events.EventFrame): FeedItem | null {
  const { payload } = frame;
  if (typeof payload.id !== 'string') return null;
  return {
    id: payload.id,
    atMs: Date.parse(frame.timestamp),
    workspaceId: frame.workspace_id,
    kind: textOf(payload.activity_type) ?? 'agent_log',
    sourceId: textOf(payload.source_id),
    targetId: textOf(payload.target_id),
    method: textOf(payload.method),
    text: textOf(payload.summary),
    isError: payload.status === 'error' || payload.status === 'timeout',
    durationMs: typeof payload.duration_ms === 'number' ? payload.duration_ms : null,
  };
}

/** A stored event as a feed item; its sequence number is its identity, live or read again. */
export function fromStoredEvent(event: {
  seq: number;
  type: string;
  workspaceId: string;
  at: string;
  payload: Record<string, unknown>;
}): FeedItem {
  const { payload } = event;
  return {
    id: `seq-${event.seq}`,
    atMs: Date.parse(event.at),
    workspaceId: event.workspaceId,
    kind: event.type,
    sourceId: event.workspaceId,
    targetId: textOf(payload.target_id),
    method: null,
    text:
      textOf(payload.error) ??
      textOf(payload.sample_error) ??
      textOf(payload.response_preview) ??
      textOf(payload.task_preview),
    isError: event.type.endsWith('_FAILED') || event.type === 'WORKSPACE_DEGRADED',
    durationMs: null,
  };
}

/** Newest first, each id once, at most FEED_LIMIT. */
export function mergeFeed(feed: Feed, added: readonly FeedItem[]): Feed {
  if (added.length === 0) return feed;
  const known = new Set(feed.map((item) => item.id));
  const fresh = added.filter((item) => !known.has(item.id) && known.add(item.id));
  if (fresh.length === 0) return feed;
  return [...feed, ...fresh].sort((a, b) => b.atMs - a.atMs || (a.id < b.id ? 1 : -1)).slice(0, FEED_LIMIT);
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

/** The text of A2A parts, in either spelling of `kind`; null when there is none. */
export function textOfParts(parts: unknown): string | null {
  if (!Array.isArray(parts)) return null;
  const texts = parts
    .map((part) => (isObject(part) ? textOf(part.text) : textOf(part)))
    .filter((text) => text !== null);
  return texts.length === 0 ? null : texts.join('');
}
