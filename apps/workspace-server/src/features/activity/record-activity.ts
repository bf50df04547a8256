// Record activity: commits a row, then tells it.

import type { EventHub } from '../events/index.ts';
import type { ActivityLog, NewActivity } from './activity-log.ts';

export interface RecordDeps {
  activityLog: ActivityLog;
  hub: EventHub;
  /** Cuts the secrets of a workspace out of what went wrong in it. */
  mask?(workspaceId: string, text: string): Promise<string>;
}

export type ActivityDraft = Pick<NewActivity, 'workspaceId' | 'type'> &
  Partial<Omit<NewActivity, 'workspaceId' | 'type' | 'requestBody' | 'responseBody' | 'toolTrace'>> & {
    /** Anything that JSON can carry; JSON text that is there already goes in as JsonText. */
    requestBody?: unknown;
    responseBody?: unknown;
    toolTrace?: unknown;
  };

/** Resolves with the row's id after the commit; rejects when the row could not be written. */
export async function recordActivity(deps: RecordDeps, draft: ActivityDraft): Promise<string> {
  const activity: NewActivity = {
    sourceId: null,
    targetId: null,
    method: null,
    summary: null,
    durationMs: null,
    status: 'ok',
    errorDetail: null,
    chainId: null,
    messageKey: null,
    ...draft,
    requestBody: printJson(draft.requestBody),
    responseBody: printJson(draft.responseBody),
    toolTrace: printJson(draft.toolTrace),
    ...(await explained(deps, draft)),
  };
  const id = await deps.activityLog.write(activity);
  deps.hub.broadcast('ACTIVITY_LOGGED', activity.workspaceId, {
    id,
    activity_type: activity.type,
    method: activity.method,
    summary: activity.summary,
    status: activity.status,
    source_id: activity.sourceId,
    target_id: activity.targetId,
    duration_ms: activity.durationMs,
    ...(draft.toolTrace === undefined || draft.toolTrace === null ? {} : { tool_trace: draft.toolTrace }),
  });
  return id;
}

/** An error may repeat what a program was given. */
async function explained(
  { mask }: RecordDeps,
  { workspaceId, summary, errorDetail, status }: ActivityDraft,
): Promise<Pick<ActivityDraft, 'summary' | 'errorDetail'>> {
  if (!mask || (status !== 'error' && !errorDetail)) return {};
  return {
    ...(summary ? { summary: await mask(workspaceId, summary) } : {}),
    ...(errorDetail ? { errorDetail: await mask(workspaceId, errorDetail) } : {}),
  };
}

/** JSON that came as text and is stored as it came. */
export class JsonText {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

function printJson(value: unknown): string | null {
  if (value instanceof JsonText) return value.text;
  return value === undefined || value === null ? null : JSON.stringify(value);
}
