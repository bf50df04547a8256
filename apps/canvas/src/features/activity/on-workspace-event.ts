// Folds one event into the feed.

import type { events } from '@molecule/contracts';
import { type Feed, type FeedItem, fromActivityFrame, fromStoredEvent, mergeFeed } from './model.ts';

type Reader = (frame: events.EventFrame) => FeedItem | null;

const hide: Reader = () => null;
const show: Reader = (frame) =>
  frame.seq === undefined
    ? null
    : fromStoredEvent({
        seq: frame.seq,
        type: frame.event,
        workspaceId: frame.workspace_id,
        at: frame.timestamp,
        payload: frame.payload,
      });

/** One row per event of the contract: an event that is new there fails type-check here. */
const READERS: Record<events.EventType, Reader> = {
  ACTIVITY_LOGGED: fromActivityFrame,
  WORKSPACE_PROVISIONING: show,
  WORKSPACE_ONLINE: show,
  WORKSPACE_OFFLINE: show,
  WORKSPACE_DEGRADED: show,
  WORKSPACE_PROVISION_FAILED: show,
  WORKSPACE_PAUSED: show,
  WORKSPACE_HIBERNATED: show,
  WORKSPACE_AWAITING_AGENT: show,
  WORKSPACE_REMOVED: show,
  WORKSPACE_EXPANDED: show,
  WORKSPACE_COLLAPSED: show,
  WORKSPACE_MOVED: show,
  WORKSPACE_UPDATED: hide,
  AGENT_CARD_UPDATED: hide,
  AGENT_ASSIGNED: show,
  AGENT_REPLACED: show,
  AGENT_REMOVED: show,
  AGENT_MOVED: show,
  APPROVAL_REQUESTED: show,
  APPROVAL_ESCALATED: hide,
  APPROVAL_APPROVED: show,
  APPROVAL_DENIED: show,
  APPROVAL_DECIDED: hide,
  DELEGATION_SENT: show,
  DELEGATION_STATUS: hide,
  DELEGATION_COMPLETE: show,
  DELEGATION_FAILED: show,
  MESSAGE_ENDED: hide,
  AUDIT: hide,
  TASK_UPDATED: hide,
  WORKSPACE_HEARTBEAT: hide,
  AGENT_MESSAGE: hide,
  A2A_RESPONSE: hide,
  MEMORY_CHANGED: hide,
  QUEUE_CHANGED: hide,
};

export function readFeedItem(frame: events.EventFrame): FeedItem | null {
  const reader = (READERS as Record<string, Reader | undefined>)[frame.event];
  return reader ? reader(frame) : null;
}

export function foldFeed(feed: Feed, frame: events.EventFrame): Feed {
  const item = readFeedItem(frame);
  return item ? mergeFeed(feed, [item]) : feed;
}
