// Describe activity: one feed item as a sentence: who did what to whom, and what was said.

import { say, type WordKey } from '../../languages/say.ts';
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

const STRUCTURE: Record<string, { icon: IconName; tone: Tone; verb: WordKey; hasDetail?: boolean }> = {
  WORKSPACE_PROVISIONING: { icon: 'starting', tone: 'motion', verb: 'activity.isStarting' },
  WORKSPACE_ONLINE: { icon: 'online', tone: 'well', verb: 'activity.isOnline' },
  WORKSPACE_OFFLINE: { icon: 'offline', tone: 'warn', verb: 'activity.wentOffline' },
  WORKSPACE_DEGRADED: { icon: 'degraded', tone: 'warn', verb: 'activity.isDegraded', hasDetail: true },
  WORKSPACE_PROVISION_FAILED: {
    icon: 'failed',
    tone: 'fail',
    verb: 'activity.couldNotStart',
    hasDetail: true,
  },
  WORKSPACE_PAUSED: { icon: 'paused', tone: 'rest', verb: 'activity.wasPaused' },
  WORKSPACE_HIBERNATED: { icon: 'resting', tone: 'rest', verb: 'activity.fellAsleep' },
  WORKSPACE_AWAITING_AGENT: { icon: 'waiting', tone: 'rest', verb: 'activity.waitsForItsAgent' },
  WORKSPACE_REMOVED: { icon: 'trash', tone: 'rest', verb: 'activity.wasRemoved' },
  WORKSPACE_EXPANDED: { icon: 'plus', tone: 'rest', verb: 'activity.gotATeam' },
  WORKSPACE_COLLAPSED: { icon: 'minus', tone: 'rest', verb: 'activity.lostItsTeam' },
  WORKSPACE_MOVED: { icon: 'board', tone: 'rest', verb: 'activity.movedInTheChart' },
  AGENT_ASSIGNED: { icon: 'info', tone: 'rest', verb: 'activity.gotAnAgent' },
  AGENT_REPLACED: { icon: 'info', tone: 'rest', verb: 'activity.gotAnotherAgent' },
  AGENT_REMOVED: { icon: 'info', tone: 'rest', verb: 'activity.lostItsAgent' },
  AGENT_MOVED: { icon: 'info', tone: 'rest', verb: 'activity.movedItsAgent' },
  APPROVAL_REQUESTED: { icon: 'inbox', tone: 'warn', verb: 'activity.asksForApproval', hasDetail: true },
  APPROVAL_APPROVED: { icon: 'online', tone: 'well', verb: 'activity.wasApproved' },
  APPROVAL_DENIED: { icon: 'failed', tone: 'fail', verb: 'activity.wasDenied' },
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
      verb: say(verb),
      object: null,
      detail: hasDetail ? item.text : null,
    };
  }
  switch (item.kind) {
    case 'a2a_send':
      return between(
        item,
        'arrow',
        'motion',
        'activity.asked',
        item.sourceId,
        item.targetId,
        afterColon(item.text),
      );
    case 'a2a_receive':
      return describeReceive(item);
    case 'DELEGATION_SENT':
      return between(
        item,
        'arrow',
        'motion',
        'activity.delegatedTo',
        item.workspaceId,
        item.targetId,
        item.text,
      );
    case 'DELEGATION_COMPLETE':
      return between(
        item,
        'online',
        'well',
        'activity.finishedFor',
        item.targetId,
        item.workspaceId,
        item.text,
      );
    case 'DELEGATION_FAILED':
      return between(item, 'failed', 'fail', 'activity.failed', item.targetId, item.workspaceId, item.text);
    case 'delegation':
      return null;
    case 'task_update':
      return alone(item, 'activity', 'motion', 'activity.worksOn', item.text);
    case 'memory_write':
      return alone(item, 'copy', 'rest', 'activity.wroteToMemory', item.text);
    case 'skill_promotion':
      return alone(item, 'info', 'rest', 'activity.learnedASkill', item.text);
    case 'error':
      return alone(item, 'failed', 'fail', 'activity.metAnError', item.text);
    case 'cron_run':
      return alone(item, 'waiting', 'rest', 'activity.ranOnSchedule', item.text);
    default:
      return alone(item, 'info', item.isError ? 'fail' : 'rest', 'activity.noted', item.text);
  }
}

function describeReceive(item: FeedItem): Sentence | null {
  if (item.method === 'notify') {
    return alone(item, 'chat', 'rest', 'activity.wroteToYou', afterColon(item.text));
  }
  if (item.sourceId === null) {
    const verb = say(item.isError ? 'activity.didNotAnswer' : 'activity.answered');
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
    ? between(item, 'failed', 'fail', 'activity.didNotAnswer', item.workspaceId, item.sourceId, item.text)
    : between(item, 'online', 'well', 'activity.answered', item.workspaceId, item.sourceId, null);
}

function between(
  item: FeedItem,
  icon: IconName,
  tone: Tone,
  verb: WordKey,
  subject: string | null,
  object: string | null,
  detail: string | null,
): Sentence {
  return { icon, tone, subject: subject ?? item.workspaceId, verb: say(verb), object, detail };
}

function alone(item: FeedItem, icon: IconName, tone: Tone, verb: WordKey, detail: string | null): Sentence {
  return { icon, tone, subject: item.workspaceId, verb: say(verb), object: null, detail };
}

/** Summaries repeat who and whom before a colon; the sentence says that already. */
function afterColon(text: string | null): string | null {
  if (text === null) return null;
  const at = text.indexOf(': ');
  return at > 0 && at < 120 ? text.slice(at + 2) : text;
}

export function nameIn(names: Readonly<Record<string, string>>): NameOf {
  return (id) =>
    id === null
      ? say('activity.you')
      : id === 'you'
        ? say('activity.youObject')
        : (names[id] ?? say('activity.aRemovedRole'));
}
