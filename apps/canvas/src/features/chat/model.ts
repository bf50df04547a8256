// Chat: a person's conversation with one role. Turns come from this browser while they run and from activity rows later.

import type { activity } from '@molecule/contracts';
import { say } from '../../languages/say.ts';
import { textOfParts } from '../activity/model.ts';
import { isObject } from '../workspaces/model.ts';
import { type AttachedFile, type Attachment, filesOfParts, filesOfReply } from './attachments.ts';
import type { ChatTrouble } from './explain-trouble.ts';

export type TurnState = 'sending' | 'streaming' | 'done' | 'queued' | 'stopped' | 'failed';

/** One question of a person and its answer; or words that the role sent by itself (`question` is null). */
export interface Turn {
  /** The A2A messageId of the question, so that a live turn and its row are the same turn. */
  id: string;
  atMs: number;
  question: string | null;
  answer: string;
  /** What the person attached. */
  files: readonly AttachedFile[];
  /** What the role sent along. */
  answerFiles: readonly AttachedFile[];
  /** What the role says it is doing right now. */
  note: string | null;
  state: TurnState;
  /** The person pressed stop before the task had an id: it is cancelled as soon as it has one. */
  isStopping: boolean;
  taskId: string | null;
  isSimulated: boolean;
  trouble: ChatTrouble | null;
}

export interface Thread {
  /** Turns that this browser started since it was loaded, oldest first. */
  turns: readonly Turn[];
  draft: string;
  attached: readonly Attachment[];
}

export const TURNS_KEPT = 200;

export function emptyThread(): Thread {
  return { turns: [], draft: '', attached: [] };
}

export function newTurn(
  id: string,
  question: string,
  atMs: number,
  files: readonly AttachedFile[] = [],
): Turn {
  return {
    id,
    atMs,
    question,
    answer: '',
    files,
    answerFiles: [],
    note: null,
    state: 'sending',
    isStopping: false,
    taskId: null,
    isSimulated: false,
    trouble: null,
  };
}

export function isOpen(turn: Turn): boolean {
  return turn.state === 'sending' || turn.state === 'streaming';
}

export function putTurn(thread: Thread, turn: Turn): Thread {
  const others = thread.turns.filter((other) => other.id !== turn.id);
  return { ...thread, turns: [...others, turn].sort((a, b) => a.atMs - b.atMs).slice(-TURNS_KEPT) };
}

export function changeTurn(thread: Thread, id: string, change: (turn: Turn) => Turn): Thread {
  return { ...thread, turns: thread.turns.map((turn) => (turn.id === id ? change(turn) : turn)) };
}

/**
 * What is shown: the rows of the server, and those live turns that have no row yet. A live turn wins over its row while
 * it runs or when this browser stopped it; afterwards the row, which every browser sees, is the truth.
 */
export function joinTurns(history: readonly Turn[], live: readonly Turn[]): Turn[] {
  const byId = new Map(history.map((turn) => [turn.id, turn]));
  for (const turn of live) {
    const row = byId.get(turn.id);
    if (!row || isOpen(turn) || turn.state === 'stopped') byId.set(turn.id, turn);
    else byId.set(turn.id, { ...row, atMs: turn.atMs });
  }
  return [...byId.values()].sort((a, b) => a.atMs - b.atMs).slice(-TURNS_KEPT);
}

/** Turns of a conversation from its activity rows, oldest first. */
export function turnsFromRows(rows: readonly activity.ActivityRow[]): Turn[] {
  return rows
    .map(turnFromRow)
    .filter((turn) => turn !== null)
    .sort((a, b) => a.atMs - b.atMs);
}

function turnFromRow(row: activity.ActivityRow): Turn | null {
  if (row.activity_type !== 'a2a_receive' || row.source_id !== null) return null;
  const endMs = Date.parse(row.created_at);
  const base = {
    note: null,
    taskId: null,
    isStopping: false,
    trouble: null,
    files: [] as AttachedFile[],
    answerFiles: filesOfReply(row.response_body),
    isSimulated: isSimulatedReply(row.response_body),
  };
  if (row.method === 'notify') {
    const said = isObject(row.response_body) ? row.response_body.result : null;
    if (typeof said !== 'string') return null;
    return { ...base, id: row.id, atMs: endMs, question: null, answer: said, state: 'done' };
  }
  const message = messageOf(row.request_body);
  const files = filesOfParts(message?.parts);
  const question = (message ? textOfParts(message.parts) : null) ?? (files.length > 0 ? '' : null);
  if (question === null) return null;
  const isFailed = row.status !== 'ok';
  return {
    ...base,
    id: typeof message?.messageId === 'string' ? message.messageId : row.id,
    atMs: endMs - (row.duration_ms ?? 0),
    question,
    files,
    answer: textOfReply(row.response_body) ?? '',
    state: isFailed ? 'failed' : isPolled(row) ? 'queued' : 'done',
    trouble: isFailed
      ? {
          title: say('chat.noAnswer'),
          detail: row.error_detail ?? say('chat.theRoleCouldNotAnswer'),
          next: 'retry',
        }
      : null,
  };
}

function isPolled(row: activity.ActivityRow): boolean {
  return row.summary?.endsWith('(queued for poll)') === true && row.response_body === undefined;
}

function messageOf(body: unknown): Record<string, unknown> | null {
  const params = isObject(body) && isObject(body.params) ? body.params : null;
  return params && isObject(params.message) ? params.message : null;
}

/** The words of a reply, wherever agents of either protocol version put them. */
export function textOfReply(body: unknown): string | null {
  const result = isObject(body) && 'result' in body ? body.result : body;
  if (typeof result === 'string') return result;
  if (!isObject(result)) return null;
  const task = isObject(result.task) ? result.task : result;
  const status = isObject(task.status) ? task.status : null;
  return (
    textOfParts(result.parts) ??
    (isObject(result.message) ? textOfParts(result.message.parts) : null) ??
    textOfArtifacts(task.artifacts) ??
    (status && isObject(status.message) ? textOfParts(status.message.parts) : null)
  );
}

function textOfArtifacts(artifacts: unknown): string | null {
  if (!Array.isArray(artifacts)) return null;
  const texts = artifacts
    .map((artifact) => (isObject(artifact) ? textOfParts(artifact.parts) : null))
    .filter((text) => text !== null);
  return texts.length === 0 ? null : texts.join('\n');
}

export function isSimulatedReply(body: unknown): boolean {
  const result = isObject(body) && isObject(body.result) ? body.result : body;
  if (!isObject(result)) return false;
  if (isObject(result.metadata) && result.metadata.simulated === true) return true;
  return (
    Array.isArray(result.artifacts) &&
    result.artifacts.some((one) => isObject(one) && isObject(one.metadata) && one.metadata.simulated === true)
  );
}
