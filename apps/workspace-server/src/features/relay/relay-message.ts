// Relay message: takes an A2A request to its target and brings the answer back, leaving one durable activity row.
//
//   M1. The row is committed before the sender gets the answer.
//   M2. The sender hanging up cancels nothing: the hop goes on and its row is written.
//   M3. Every failure is a typed fault, a row with status `error`, and an event.

import {
  comesBackByItself,
  Fault,
  faults,
  isFault,
  TIMEOUTS_MS,
  type WorkspaceState,
} from '@molecule/domain';
import type { Log } from '@molecule/kit';
import { JsonText, recordActivity } from '../activity/index.ts';
import {
  type AgentAnswer,
  type AgentConnections,
  CallAborted,
  LimitReached,
  TransportFailure,
} from './agent-connection.ts';
import { isFailedTask, textOfParts, toolTraceOfReply } from './agent-reply.ts';
import { type Envelope, isObject, isSendMethod, parseEnvelope } from './envelope.ts';
import type { EndedMessage, Inbox } from './inbox.ts';
import type { QueuedMessage } from './inbox-store.ts';
import { type JudgeDeps, judgeTarget } from './judge-call.ts';
import { type ChainDeps, judgeChain } from './judge-chain.ts';
import { keyOf, type MessageKey, type MessageKeys } from './message-keys.ts';
import { noteOutbound, recordHop } from './record-hop.ts';
import type { RelayAnswer, RelayInput } from './relay-call.ts';

export interface RelayDeps extends JudgeDeps, ChainDeps {
  connections: AgentConnections;
  keys: MessageKeys;
  inbox: Inbox;
  log: Log;
  /** The address of an agent that may be called now; a fault when there is none that is safe. */
  addressOf(target: WorkspaceState): string;
  /** Called when a transport failure suggests that the agent's process may be gone. */
  suspectDead(target: WorkspaceState): Promise<'dead' | 'alive' | 'unknown'>;
  /** What the datastore throws, as faults; null for anything else. */
  translate(thrown: unknown): Fault | null;
  /** Brings a hibernated target back. */
  wake(target: WorkspaceState): Promise<void>;
  /** A polling agent writes to somebody: true when that is its answer to a delegation that it fetched. */
  noteAnswer(answer: FetchedAnswer): Promise<boolean>;
}

export interface FetchedAnswer {
  from: string;
  to: string;
  /** What the message says that it answers. */
  delegationId: string | null;
  text: string;
}

export async function relayMessage(deps: RelayDeps, input: RelayInput): Promise<RelayAnswer> {
  const target = judgeTarget(deps, input.sender, input.targetId);
  const key = keyOf(input.sender, target.id, input.envelope);
  return deps.keys.once(
    key,
    async () => {
      const chained = (await isFetchedAnswer(deps, input)) ? input : await judgeChain(deps, input, target);
      return target.deliveryMode === 'poll'
        ? queueForPoll(deps, chained, target, key)
        : sendOrQueue(deps, chained, target, key);
    },
    (queueId) => answerFromInbox(deps, input, queueId),
  );
}

/** Only those who fetch answer so; an answer is no step of a chain onward. */
async function isFetchedAnswer(
  deps: RelayDeps,
  { sender, targetId, envelope }: RelayInput,
): Promise<boolean> {
  if (sender === null || !isSendMethod(envelope.method)) return false;
  if (deps.directory.get(sender)?.deliveryMode !== 'poll') return false;
  const { delegationId } = envelope;
  return deps.noteAnswer({ from: sender, to: targetId, delegationId, text: textOfMessage(envelope) });
}

function textOfMessage({ body: { params } }: Envelope): string {
  return (isObject(params) && isObject(params.message) ? textOfParts(params.message.parts) : null) ?? '';
}

async function sendOrQueue(
  deps: RelayDeps,
  input: RelayInput,
  target: WorkspaceState,
  key: MessageKey | null,
): Promise<RelayAnswer> {
  const isQueueable = isSendMethod(input.envelope.method);
  if (isQueueable && comesBackByItself(target.status)) return holdForAway(deps, input, target, key);
  try {
    return await sendNow(deps, input, target, key);
  } catch (error) {
    if (!isFault(error) || !isQueueable || error.extra.terminated === true) throw error;
    const present = deps.directory.get(target.id);
    if (!present || present.status === 'removed') throw error;
    const isAway = comesBackByItself(present.status) || error.extra.restarting === true;
    if (isAway) return holdForAway(deps, input, present, key);
    const isBusy = error.code === 'AGENT_BUSY' && !ownsQueueing(deps, target.id);
    if (!isBusy || input.preference === 'strict') throw error;
    return queued(deps, input, target, await enqueue(deps, input, target, key));
  }
}

/** An adapter with the `session` capability queues by itself: the sender is told to come back. */
function ownsQueueing(deps: RelayDeps, workspaceId: string): boolean {
  return deps.vitals.of(workspaceId).runtimeMetadata?.capabilities?.session === true;
}

async function sendNow(
  deps: RelayDeps,
  input: RelayInput,
  target: WorkspaceState,
  key: MessageKey | null,
): Promise<RelayAnswer> {
  const startedAt = deps.clock.now();
  const leave = input.chain ? deps.chains.enter(target.id, input.chain) : null;
  try {
    const url = deps.addressOf(target);
    const answer = await deps.connections.send({
      workspaceId: target.id,
      url,
      isUrlOurs: target.isUrlOurs,
      body: input.envelope.untouched ?? JSON.stringify(input.envelope.body),
      headers: senderHeaders(input),
      deadlineMs: input.deadlineMs,
      ceilingMs: ceilingOf(input),
    });
    return await settle(deps, input, target, answer, startedAt, key);
  } catch (error) {
    const fault = await explainFailure(deps, target, error);
    await recordHop(deps, input, target, {
      status: 'error',
      errorDetail: `${fault.message}${error instanceof TransportFailure ? `: ${error.message}` : ''}`,
      startedAt,
    });
    throw fault;
  } finally {
    leave?.();
  }
}

/** The agent learns who sent the message; it never gets a credential of the sender. */
function senderHeaders(input: RelayInput): Record<string, string> {
  return input.sender === null ? { ...input.headers } : { ...input.headers, 'x-workspace-id': input.sender };
}

/** Committed first, then held while the target comes back, then answered by the agent or with 202. */
async function holdForAway(
  deps: RelayDeps,
  input: RelayInput,
  target: WorkspaceState,
  key: MessageKey | null,
): Promise<RelayAnswer> {
  if (input.preference === 'strict') {
    await deps.wake(target);
    throw awayFault(target);
  }
  const queueId = await enqueue(deps, input, target, key);
  await deps.wake(target);
  if (input.preference === 'respond-async') return queued(deps, input, target, queueId);
  const holdMs = Math.min(input.deadlineMs ?? TIMEOUTS_MS.a2aHold, TIMEOUTS_MS.a2aHold);
  const ended = await deps.inbox.waitFor(queueId, holdMs);
  return ended ? answerOfEnded(ended) : queued(deps, input, target, queueId);
}

/** The reference's answers, for clients that ask for them. */
function awayFault(target: WorkspaceState): Fault {
  return target.status === 'hibernated' || target.status === 'hibernating'
    ? faults.workspaceUnavailable(
        'workspace is waking from hibernation — retry in ~15 seconds',
        { waking: true, retry_after: 15 },
        15,
      )
    : faults.workspaceUnavailable('workspace agent unreachable — container restart triggered', {
        restarting: true,
      });
}

function enqueue(
  deps: RelayDeps,
  input: RelayInput,
  target: WorkspaceState,
  key: MessageKey | null,
): Promise<string> {
  return deps.inbox.enqueue({
    workspaceId: target.id,
    sender: input.sender,
    envelope: input.envelope,
    headers: senderHeaders(input),
    key,
    chain: input.chain ?? null,
  });
}

function queued(deps: RelayDeps, input: RelayInput, target: WorkspaceState, queueId: string): RelayAnswer {
  const depth = deps.inbox.depthOf(target.id);
  const bare = {
    queued: true,
    queue_id: queueId,
    queue_depth: depth,
    message: `${target.name} is ${target.status === 'online' ? 'busy' : target.status}; the message is queued and will be delivered`,
  };
  return { status: 202, body: asTask(input, bare, queueId, 'submitted') };
}

/** Callers that name an A2A version get the same keys beside a JSON-RPC result. */
export function asTask(
  input: Pick<RelayInput, 'envelope' | 'headers'>,
  bare: Record<string, unknown>,
  taskId: string,
  state: string,
): Record<string, unknown> {
  const version = input.headers?.['a2a-version'];
  if (version === undefined) return bare;
  const isOld = version.startsWith('0.');
  const status = { state: isOld ? state : `TASK_STATE_${state.toUpperCase()}` };
  const task = { id: taskId, contextId: taskId, status };
  return {
    ...bare,
    jsonrpc: '2.0',
    id: input.envelope.rpcId,
    result: isOld ? { kind: 'task', ...task } : { task },
  };
}

function answerOfEnded(ended: EndedMessage): RelayAnswer {
  if (
    ended.end === 'completed' ||
    (ended.end === 'failed' && ended.status !== null && isObject(ended.body))
  ) {
    return { status: ended.status ?? 200, body: ended.body as Record<string, unknown> };
  }
  throw faults.workspaceUnavailable(ended.error ?? `the message ended as ${ended.end}`, {
    queue_status: ended.end,
  });
}

/** A repeated message that was queued the first time: its end, or its place in the queue. */
async function answerFromInbox(deps: RelayDeps, input: RelayInput, queueId: string): Promise<RelayAnswer> {
  const target = judgeTarget(deps, input.sender, input.targetId);
  const ended = await deps.inbox.waitFor(queueId, 0);
  return ended ? answerOfEnded(ended) : queued(deps, input, target, queueId);
}

/** One try to deliver a message of the inbox. Called by the drain. */
export async function deliverQueued(
  deps: RelayDeps,
  message: QueuedMessage,
  target: WorkspaceState,
): Promise<{ status: number; body: unknown }> {
  const envelope = {
    ...parseEnvelope(Buffer.from(JSON.stringify(message.body))),
    messageId: message.messageId,
  };
  const input: RelayInput = {
    sender: message.senderId,
    targetId: target.id,
    envelope,
    deadlineMs: null,
    hasNoCeiling: false,
    headers: message.headers,
    chain: message.chain,
  };
  const answer = await sendNow(deps, input, target, null);
  return {
    status: answer.status,
    body: Buffer.isBuffer(answer.body) ? JSON.parse(answer.body.toString('utf8')) : answer.body,
  };
}

export function ceilingOf(input: Pick<RelayInput, 'sender' | 'hasNoCeiling'>): number | null {
  return input.sender === null || input.hasNoCeiling ? null : TIMEOUTS_MS.a2aCeiling;
}

async function settle(
  deps: RelayDeps,
  input: RelayInput,
  target: WorkspaceState,
  answer: AgentAnswer,
  startedAt: number,
  key: MessageKey | null,
): Promise<RelayAnswer> {
  const reply = parseReply(answer.body);
  if (answer.status >= 300) {
    const flattened = flattenError(answer.status, reply);
    await recordHop(deps, input, target, {
      status: 'error',
      errorDetail: JSON.stringify(flattened),
      responseBody: flattened,
      startedAt,
    });
    return { status: answer.status, body: flattened };
  }
  if (reply === undefined) throw faults.agentResponseInvalid(true);
  await recordHop(deps, input, target, {
    status: isFailedTask(reply) || (isObject(reply) && 'error' in reply) ? 'error' : 'ok',
    responseBody: new JsonText(answer.body.toString('utf8')),
    toolTrace: toolTraceOfReply(reply),
    startedAt,
    messageKey: key === null ? null : { ...key, responseStatus: answer.status },
  });
  if (input.sender === null) {
    deps.hub.broadcast('A2A_RESPONSE', target.id, {
      response_body: reply,
      method: input.envelope.method,
      duration_ms: deps.clock.now() - startedAt,
    });
  }
  return { status: answer.status, body: answer.body };
}

function parseReply(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

/** A JSON-RPC error object passes; anything else becomes `{error: text}`. */
function flattenError(status: number, reply: unknown): Record<string, unknown> {
  if (isObject(reply) && isObject(reply.error)) return reply;
  if (isObject(reply) && typeof reply.error === 'string') return { error: reply.error };
  return { error: `agent answered with HTTP status ${status}` };
}

/** Turns whatever stopped a hop into the fault that the contract gives for it. */
export async function explainFailure(
  deps: RelayDeps,
  target: WorkspaceState,
  error: unknown,
): Promise<Fault> {
  if (isFault(error)) return error;
  const known = deps.translate(error);
  if (known) return known;
  if (!(error instanceof TransportFailure)) {
    deps.log.error({ err: error, workspaceId: target.id }, 'relaying a message failed by a bug');
    return faults.internal('relaying the message failed', error);
  }
  if (error.cause instanceof LimitReached && error.cause.limit === 'deadline') {
    return faults.agentTimeout(Math.round(error.cause.ms / 1000));
  }
  const present = deps.directory.get(target.id);
  if (error.cause instanceof CallAborted && error.cause.isFinal) {
    return faults.workspaceUnavailable(`the task was ended: ${error.cause.message}`, {
      status: present?.status ?? 'removed',
      terminated: true,
    });
  }
  if (present && ['paused', 'failed', 'awaiting_agent'].includes(present.status)) {
    return faults.workspaceUnavailable(`the workspace is ${present.status}`, { status: present.status });
  }
  if (error.wasDelivered) return faults.agentResponseInvalid(true, error);
  if ((await deps.suspectDead(target)) === 'dead') {
    return faults.workspaceUnavailable('workspace agent unreachable — container restart triggered', {
      restarting: true,
    });
  }
  if (error.isBusy) {
    const isNative = ownsQueueing(deps, target.id);
    const advice = isNative ? 'adapter handles retry (native_session)' : 'retry after a short backoff';
    return new Fault('AGENT_BUSY', `workspace agent busy — ${advice}`, {
      extra: { busy: true, retry_after: 30, ...(isNative ? { native_session: true } : {}) },
      retryAfterSeconds: 30,
      cause: error,
    });
  }
  return faults.agentUnreachable(error);
}

/** Was the message kept for a target that fetches? Its answer comes by itself, later. */
export function isLeftToFetch({ body }: RelayAnswer): boolean {
  return !Buffer.isBuffer(body) && body.status === 'queued' && body.delivery_mode === 'poll';
}

/** Poll-mode targets fetch their messages: the row is the message, committed before the answer. */
async function queueForPoll(
  deps: RelayDeps,
  input: RelayInput,
  target: WorkspaceState,
  key: MessageKey | null,
): Promise<RelayAnswer> {
  const { method, body } = input.envelope;
  if (input.chain) deps.chains.handOver(target.id, input.chain);
  const bare = { status: 'queued', delivery_mode: 'poll', method };
  noteOutbound(deps, input.sender);
  const activityId = await recordActivity(deps, {
    workspaceId: target.id,
    type: 'a2a_receive',
    sourceId: input.sender,
    targetId: target.id,
    method,
    summary: `${method} → ${target.name} (queued for poll)`,
    requestBody: body,
    chainId: input.chain?.id ?? null,
    responseBody: bare,
    messageKey: key === null ? null : { ...key, responseStatus: 200 },
  });
  return { status: 200, body: asTask(input, bare, activityId, 'submitted') };
}
