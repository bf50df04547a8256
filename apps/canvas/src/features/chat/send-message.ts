// Send message: posts a person's words to a role through the relay and tells every step of the answer.
//
//   S1. Streaming first; an agent that answers with plain JSON is read all the same.
//   S2. Stop ends the task at the agent (`tasks/cancel`) and the reading here; words that came stay.
//   S3. One messageId per question over all attempts, so that an agent of ours does its work once.

import { isObject } from '../workspaces/model.ts';
import { filesOfReply, partOfFile } from './attachments.ts';
import { explainNetworkFailure, explainRefusal } from './explain-trouble.ts';
import { endStream, foldStreamEvent } from './fold-stream.ts';
import { isSimulatedReply, type Turn, textOfReply } from './model.ts';
import { createSseParser } from './parse-sse.ts';

export interface SendDeps {
  fetch: typeof fetch;
  newId(): string;
}

export type OnStep = (change: (turn: Turn) => Turn) => void;

export interface Outgoing {
  roleId: string;
  turn: Turn;
  /** Earlier turns, for engines that keep no session of their own. */
  history: readonly Turn[];
}

/** How many earlier turns travel along. */
const HISTORY_TURNS = 10;

/** Streams the answer. Never rejects: every end is a step. */
export async function streamMessage(
  deps: SendDeps,
  out: Outgoing,
  onStep: OnStep,
  signal: AbortSignal,
): Promise<void> {
  try {
    const response = await post(deps, out.roleId, envelope(deps, 'message/stream', out), {}, signal);
    if (!response.ok) {
      refuse(response.status, await readJson(response), onStep);
      return;
    }
    const type = response.headers.get('content-type') ?? '';
    if (!type.includes('text/event-stream'))
      return settleReply(response.status, await readJson(response), onStep);
    await readStream(response, onStep);
    onStep(endStream);
  } catch {
    // Aborted by the stop button, or the network went: both are ends that a person must see.
    onStep((turn) => endAfterThrow(turn, signal.aborted));
  }
}

/** Leaves the message in the role's queue; resolves when it is kept or answered. Never rejects. */
export async function queueMessage(deps: SendDeps, out: Outgoing, onStep: OnStep): Promise<void> {
  try {
    const response = await post(deps, out.roleId, envelope(deps, 'message/send', out), {
      prefer: 'respond-async',
    });
    const body = await readJson(response);
    if (!response.ok) refuse(response.status, body, onStep);
    else settleReply(response.status, body, onStep);
  } catch {
    onStep((turn) => endAfterThrow(turn, false));
  }
}

/** Asks the agent to stop; whether it does shows in the stream. */
export async function cancelTask(deps: SendDeps, roleId: string, taskId: string): Promise<void> {
  const body = { jsonrpc: '2.0', id: deps.newId(), method: 'tasks/cancel', params: { id: taskId } };
  await post(deps, roleId, body, {});
}

function envelope(deps: SendDeps, method: string, { turn, history }: Outgoing) {
  return {
    jsonrpc: '2.0',
    id: deps.newId(),
    method,
    params: {
      message: {
        kind: 'message',
        role: 'user',
        messageId: turn.id,
        parts: [
          ...(turn.question ? [{ kind: 'text', text: turn.question }] : []),
          ...turn.files.map(partOfFile),
        ],
      },
      metadata: { history: historyOf(history) },
    },
  };
}

function historyOf(turns: readonly Turn[]) {
  return turns
    .filter((turn) => turn.state === 'done')
    .slice(-HISTORY_TURNS)
    .flatMap((turn) => [
      ...(!turn.question ? [] : [{ role: 'user', parts: [{ kind: 'text', text: turn.question }] }]),
      ...(turn.answer === '' ? [] : [{ role: 'agent', parts: [{ kind: 'text', text: turn.answer }] }]),
    ]);
}

function post(
  deps: SendDeps,
  roleId: string,
  body: unknown,
  headers: Record<string, string>,
  signal?: AbortSignal,
): Promise<Response> {
  return deps.fetch(`/workspaces/${encodeURIComponent(roleId)}/a2a`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'text/event-stream, application/json',
      ...headers,
    },
    body: JSON.stringify(body),
    signal: signal ?? null,
    credentials: 'same-origin',
  });
}

async function readStream(response: Response, onStep: OnStep): Promise<void> {
  const parser = createSseParser();
  const decoder = new TextDecoder();
  const reader = response.body?.getReader();
  if (!reader) return;
  for (;;) {
    const { done, value } = await reader.read();
    const events = parser.push(done ? '\n\n' : decoder.decode(value, { stream: true }));
    for (const data of events) {
      const event = parseJson(data);
      onStep((turn) => foldStreamEvent(turn, event));
    }
    if (done) return;
  }
}

/** Plain JSON with a success status: an answer, a JSON-RPC error, or the word that it is queued. */
function settleReply(status: number, body: unknown, onStep: OnStep): void {
  const isQueued = isObject(body) && (body.queued === true || body.status === 'queued');
  if (status === 202 || isQueued) {
    onStep((turn) => ({ ...turn, state: 'queued', note: null, trouble: null }));
    return;
  }
  if (isObject(body) && isObject(body.error)) {
    refuse(status, body, onStep);
    return;
  }
  const answer = textOfReply(body);
  onStep((turn) =>
    answer === null
      ? endStream(foldStreamEvent(turn, body))
      : {
          ...turn,
          state: 'done',
          note: null,
          answer,
          answerFiles: filesOfReply(body),
          isSimulated: turn.isSimulated || isSimulatedReply(body),
        },
  );
}

function refuse(status: number, body: unknown, onStep: OnStep): void {
  const trouble = explainRefusal(status, body);
  onStep((turn) => ({ ...turn, state: 'failed', note: null, trouble }));
}

function endAfterThrow(turn: Turn, isStopped: boolean): Turn {
  if (turn.state === 'done' || turn.state === 'stopped') return turn;
  if (isStopped) return { ...turn, state: 'stopped', note: null };
  return { ...turn, state: 'failed', note: null, trouble: explainNetworkFailure() };
}

async function readJson(response: Response): Promise<unknown> {
  return parseJson(await response.text());
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // An intermediary may answer with a page; its status is all there is to tell.
    return null;
  }
}
