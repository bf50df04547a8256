// Canvas state: everything that the server's events change, and the one fold that changes it.
//
//   F1. A stored event counts once: its sequence number must be above the last one folded.
//   F2. Folding the same stored events again, alone or in pages, gives the same state.
//   F3. The fold never fails; an event that it cannot apply marks the list as stale, and the list is read again.

import type { events } from '@molecule/contracts';
import { type Feed, type FeedItem, mergeFeed } from '../features/activity/model.ts';
import { readFeedItem } from '../features/activity/on-workspace-event.ts';
import type { Hops } from '../features/hops/model.ts';
import { foldHops } from '../features/hops/on-workspace-event.ts';
import { foldMarks, type MemoryMarks, NO_MARKS } from '../features/memories/on-workspace-event.ts';
import type { Roles } from '../features/workspaces/model.ts';
import { foldAllRoles } from '../features/workspaces/on-workspace-event.ts';

export interface Live {
  roles: Roles;
  hops: Hops;
  feed: Feed;
  memoryMarks: MemoryMarks;
  /** The last stored event that is folded in; null before the first reading. */
  lastSeq: number | null;
  /** The list of roles must be read again. */
  isStale: boolean;
}

export const NOTHING: Live = {
  roles: {},
  hops: {},
  feed: [],
  memoryMarks: NO_MARKS,
  lastSeq: null,
  isStale: false,
};

export function foldFrames(before: Live, frames: readonly events.EventFrame[], nowMs: number): Live {
  let { hops, memoryMarks, lastSeq } = before;
  const items: FeedItem[] = [];
  const fresh: events.EventFrame[] = [];
  for (const frame of frames) {
    if (frame.seq !== undefined) {
      if (lastSeq !== null && frame.seq <= lastSeq) continue;
      lastSeq = frame.seq;
    }
    fresh.push(frame);
    hops = foldHops(hops, frame, nowMs);
    memoryMarks = foldMarks(memoryMarks, frame);
    const item = readFeedItem(frame);
    if (item) items.push(item);
  }
  const { roles, isStale } = foldAllRoles(before.roles, fresh);
  const feed = mergeFeed(before.feed, items);
  return { roles, hops, feed, memoryMarks, lastSeq, isStale: isStale || before.isStale };
}

/** A stored row, as `/events` lists it, is the frame that `/ws` tells. */
export function toFrame(row: events.EventRow): events.EventFrame {
  return {
    event: row.event_type,
    workspace_id: row.workspace_id ?? '',
    timestamp: row.created_at,
    payload: row.payload,
    seq: row.seq,
  };
}
