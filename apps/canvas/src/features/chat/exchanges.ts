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
  const all = rows
    .map((row) => toExchange(row, roleId))
    .filter((exchange) => exchange !== null)
    .sort((a, b) => a.atMs - b.atMs);
  return joinAnswers(all).reverse();
}

/** A role notes its question and what came back in two rows; to a reader they are one. Oldest question first. */
function joinAnswers(ascending: readonly Exchange[]): Exchange[] {
  const joined: Exchange[] = [];
  for (const exchange of ascending) {
    const at = exchange.isAnswerOnly
      ? joined.findIndex((one) => one.peerId === exchange.peerId && one.isOutgoing && one.answer === null)
      : -1;
    const question = joined[at];
    if (!question) joined.push(exchange);
    else {
      const { answer, isError, durationMs, isSimulated } = exchange;
      joined[at] = { ...question, answer, isError, durationMs, isSimulated };
    }
  }
  return joined;
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
  if (isObject(body) && typeof body.text === 'string') return withoutFrame(body.text);
  return textOfReply(body);
}

/** Runtimes frame a peer's words for the engine that reads them; a person needs no frame. */
function withoutFrame(text: string): string {
  return text.replace(/^\[A2A_RESULT_FROM_PEER\]\n/, '').replace(/\n\[\/A2A_RESULT_FROM_PEER\]\s*$/, '');
}
