// Describe activity: one feed item as a sentence: who did what to whom, and what was said.

import type { IconName } from '../../ui/icon.tsx';
import type { Tone } from '../workspaces/status-look.ts';
import type { FeedItem } from './model.ts';

export interface Sentence {
  icon: IconName;
  tone: Tone;
  /** Ids are shown as names; null stands for a person. */
  subject: string | null;
  verb: string;
  object: string | null;
  detail: string | null;
}

type NameOf = (id: string | null) => string;

const STRUCTURE: Record<string, { icon: IconName; tone: Tone; verb: string; hasDetail?: boolean }> = {
  WORKSPACE_PROVISIONING: { icon: 'starting', tone: 'motion', verb: 'is starting' },
  WORKSPACE_ONLINE: { icon: 'online', tone: 'well', verb: 'is online' },
  WORKSPACE_OFFLINE: { icon: 'offline', tone: 'warn', verb: 'went offline' },
  WORKSPACE_DEGRADED: { icon: 'degraded', tone: 'warn', verb: 'is degraded', hasDetail: true },
  WORKSPACE_PROVISION_FAILED: { icon: 'failed', tone: 'fail', verb: 'could not start', hasDetail: true },
  WORKSPACE_PAUSED: { icon: 'paused', tone: 'rest', verb: 'was paused' },
  WORKSPACE_HIBERNATED: { icon: 'resting', tone: 'rest', verb: 'fell asleep' },
  WORKSPACE_AWAITING_AGENT: { icon: 'waiting', tone: 'rest', verb: 'waits for its agent' },
  WORKSPACE_REMOVED: { icon: 'trash', tone: 'rest', verb: 'was removed' },
  WORKSPACE_EXPANDED: { icon: 'plus', tone: 'rest', verb: 'got a team' },
  WORKSPACE_COLLAPSED: { icon: 'minus', tone: 'rest', verb: 'lost its team' },
  WORKSPACE_MOVED: { icon: 'board', tone: 'rest', verb: 'moved in the chart' },
  AGENT_ASSIGNED: { icon: 'info', tone: 'rest', verb: 'got an agent' },
  AGENT_REPLACED: { icon: 'info', tone: 'rest', verb: 'got another agent' },
  AGENT_REMOVED: { icon: 'info', tone: 'rest', verb: 'lost its agent' },
  AGENT_MOVED: { icon: 'info', tone: 'rest', verb: 'moved its agent' },
  APPROVAL_REQUESTED: { icon: 'inbox', tone: 'warn', verb: 'asks for approval', hasDetail: true },
  APPROVAL_APPROVED: { icon: 'online', tone: 'well', verb: 'was approved' },
  APPROVAL_DENIED: { icon: 'failed', tone: 'fail', verb: 'was denied' },
};

/** Null for items that repeat another one: a delegation is logged by its sender and by the relay. */
export function describeActivity(item: FeedItem): Sentence | null {
  const structure = STRUCTURE[item.kind];
  if (structure) {
    const { icon, tone, verb, hasDetail } = structure;
    return {
      icon,
      tone,
      subject: item.workspaceId,
      verb,
      object: null,
      detail: hasDetail ? item.text : null,
    };
  }
  switch (item.kind) {
    case 'a2a_send':
      return between(item, 'arrow', 'motion', 'asked', item.sourceId, item.targetId, afterColon(item.text));
    case 'a2a_receive':
      return describeReceive(item);
    case 'DELEGATION_SENT':
      return between(item, 'arrow', 'motion', 'delegated to', item.workspaceId, item.targetId, item.text);
    case 'DELEGATION_COMPLETE':
      return between(item, 'online', 'well', 'finished for', item.targetId, item.workspaceId, item.text);
    case 'DELEGATION_FAILED':
      return between(item, 'failed', 'fail', 'failed', item.targetId, item.workspaceId, item.text);
    case 'delegation':
      return null;
    case 'task_update':
      return alone(item, 'activity', 'motion', 'works on', item.text);
    case 'memory_write':
      return alone(item, 'copy', 'rest', 'wrote to memory', item.text);
    case 'skill_promotion':
      return alone(item, 'info', 'rest', 'learned a skill', item.text);
    case 'error':
      return alone(item, 'failed', 'fail', 'met an error', item.text);
    case 'cron_run':
      return alone(item, 'waiting', 'rest', 'ran on schedule', item.text);
    default:
      return alone(item, 'info', item.isError ? 'fail' : 'rest', 'noted', item.text);
  }
}

function describeReceive(item: FeedItem): Sentence | null {
  if (item.method === 'notify') {
    return alone(item, 'chat', 'rest', 'wrote to you', afterColon(item.text));
  }
  if (item.sourceId === null) {
    const verb = item.isError ? 'did not answer' : 'answered';
    const look = item.isError ? (['failed', 'fail'] as const) : (['chat', 'well'] as const);
    return {
      icon: look[0],
      tone: look[1],
      subject: item.workspaceId,
      verb,
      object: 'you',
      detail: item.isError ? item.text : null,
    };
  }
  const isSendersCopy = item.workspaceId === item.sourceId;
  if (isSendersCopy) return null;
  return item.isError
    ? between(item, 'failed', 'fail', 'did not answer', item.workspaceId, item.sourceId, item.text)
    : between(item, 'online', 'well', 'answered', item.workspaceId, item.sourceId, null);
}

function between(
  item: FeedItem,
  icon: IconName,
  tone: Tone,
  verb: string,
  subject: string | null,
  object: string | null,
  detail: string | null,
): Sentence {
  return { icon, tone, subject: subject ?? item.workspaceId, verb, object, detail };
}

function alone(item: FeedItem, icon: IconName, tone: Tone, verb: string, detail: string | null): Sentence {
  return { icon, tone, subject: item.workspaceId, verb, object: null, detail };
}

/** Summaries repeat who and whom before a colon; the sentence says that already. */
function afterColon(text: string | null): string | null {
  if (text === null) return null;
  const at = text.indexOf(': ');
  return at > 0 && at < 120 ? text.slice(at + 2) : text;
}

export function nameIn(names: Readonly<Record<string, string>>): NameOf {
  return (id) => (id === null ? 'You' : id === 'you' ? 'you' : (names[id] ?? 'a removed role'));
}
