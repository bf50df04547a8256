// Events: stored rows in a person's words: what happened, to whom, and what was noted with it. Pure.

import type { events } from '@molecule/contracts';
import { say } from '../../languages/say.ts';

export type EventFilter = 'all' | 'audit';

/** `WORKSPACE_PROVISION_FAILED` → “Workspace provision failed”; an audit row says its action. */
export function titleOf(row: events.EventRow): string {
  const action = row.payload.action;
  if (row.event_type === 'AUDIT' && typeof action === 'string') return say('events.auditAction', { action });
  const words = row.event_type.toLowerCase().replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

const TOLD = ['actor', 'name', 'error', 'key', 'cause', 'reason'];

/** The few words of the payload that matter most, in one line. */
export function gistOf(row: events.EventRow): string {
  return TOLD.flatMap((key) => {
    const value = row.payload[key];
    return typeof value === 'string' && value !== '' ? [`${key}: ${value}`] : [];
  }).join(' · ');
}

export function hasDetail(row: events.EventRow): boolean {
  return Object.keys(row.payload).length > 0;
}
