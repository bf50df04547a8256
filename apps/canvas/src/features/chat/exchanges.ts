// Exchanges: a role's talk with other roles, from its activity rows, newest first.

import type { activity } from '@molecule/contracts';
import { textOfParts } from '../activity/model.ts';
import { isObject } from '../workspaces/model.ts';
import { isSimulatedReply, textOfReply } from './model.ts';

export interface Exchange {
  id: string;
  atMs: number;
  peerId: string;
  isOutgoing: boolean;
  /** The sender's note of what came back; its question stands in an exchange of its own. */
  isAnswerOnly: boolean;
  said: string | null;
  answer: string | null;
  isError: boolean;
  durationMs: number | null;
  isSimulated: boolean;
}

export function exchangesFromRows(rows: readonly activity.ActivityRow[], roleId: string): Exchange[] {
  return rows
    .map((row) => toExchange(row, roleId))
    .filter((exchange) => exchange !== null)
    .sort((a, b) => b.atMs - a.atMs);
}

function toExchange(row: activity.ActivityRow, roleId: string): Exchange | null {
  if (row.workspace_id !== roleId || row.source_id === null || row.target_id === null) return null;
  const isOutgoing = row.source_id === roleId;
  if (row.activity_type !== 'a2a_send' && row.activity_type !== 'a2a_receive') return null;
  const isError = row.status !== 'ok';
  return {
    id: row.id,
    atMs: Date.parse(row.created_at),
    peerId: isOutgoing ? row.target_id : row.source_id,
    isOutgoing,
    isAnswerOnly: isOutgoing && row.activity_type === 'a2a_receive',
    said: wordsOf(row.request_body) ?? (row.activity_type === 'a2a_send' ? row.summary : null),
    answer: (isError ? row.error_detail : null) ?? answerOf(row.response_body),
    isError,
    durationMs: row.duration_ms,
    isSimulated: isSimulatedReply(row.response_body),
  };
}

function wordsOf(body: unknown): string | null {
  if (!isObject(body)) return null;
  if (typeof body.task === 'string') return body.task;
  const params = isObject(body.params) ? body.params : null;
  return params && isObject(params.message) ? textOfParts(params.message.parts) : null;
}

function answerOf(body: unknown): string | null {
  if (isObject(body) && typeof body.text === 'string') return body.text;
  return textOfReply(body);
}
