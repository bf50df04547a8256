// Relay message: takes an A2A request to its target and brings the answer back, leaving one durable activity row.
//
//   M1. The row is committed before the sender gets the answer.
//   M2. The sender hanging up cancels nothing: the hop goes on and its row is written.
//   M3. Every failure is a typed fault, a row with status `error`, and an event.

import { Fault, faults, isFault, TIMEOUTS_MS, type WorkspaceState } from '@molecule/domain';
import type { Clock, Log } from '@molecule/kit';
import { type ActivityDraft, JsonText, type RecordDeps, recordActivity } from '../activity/index.ts';
import {
  type AgentAnswer,
  type AgentConnections,
  LimitReached,
  TransportFailure,
} from './agent-connection.ts';
import { isFailedTask, toolTraceOfReply } from './agent-reply.ts';
import { type Envelope, isObject } from './envelope.ts';
import { type JudgeDeps, judgeTarget, type SenderId } from './judge-call.ts';

export interface RelayDeps extends RecordDeps, JudgeDeps {
  connections: AgentConnections;
  clock: Clock;
  log: Log;
  /** The address of an agent that may be called now; a fault when there is none that is safe. */
  addressOf(target: WorkspaceState): string;
  /** Called when a transport failure suggests that the agent's process may be gone. */
  suspectDead(target: WorkspaceState): Promise<'dead' | 'alive' | 'unknown'>;
}

export interface RelayInput {
  sender: SenderId;
  targetId: string;
  envelope: Envelope;
  /** Milliseconds; null for none. */
  deadlineMs: number | null;
  hasNoCeiling: boolean;
  headers?: Record<string, string>;
}

export interface RelayAnswer {
  status: number;
  /** JSON bytes as the agent sent them, or an object made here. */
  body: Buffer | Record<string, unknown>;
}

export async function relayMessage(deps: RelayDeps, input: RelayInput): Promise<RelayAnswer> {
  const target = judgeTarget(deps, input.sender, input.targetId);
  if (target.deliveryMode === 'poll') return queueForPoll(deps, input, target);
  const startedAt = deps.clock.now();
  try {
    const url = deps.addressOf(target);
    const answer = await deps.connections.send({
      workspaceId: target.id,
      url,
      isUrlOurs: target.isUrlOurs,
      body: input.envelope.untouched ?? JSON.stringify(input.envelope.body),
      headers: input.headers,
      deadlineMs: input.deadlineMs,
      ceilingMs: ceilingOf(input),
    });
    return await settle(deps, input, target, answer, startedAt);
  } catch (error) {
    const fault = await explainFailure(deps, target, error);
    await recordHop(deps, input, target, {
      status: 'error',
      errorDetail: `${fault.message}${error instanceof TransportFailure ? `: ${error.message}` : ''}`,
      startedAt,
    });
    throw fault;
  }
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
  if (!(error instanceof TransportFailure)) {
    deps.log.error({ err: error, workspaceId: target.id }, 'relaying a message failed by a bug');
    return faults.internal('relaying the message failed', error);
  }
  if (error.cause instanceof LimitReached && error.cause.limit === 'deadline') {
    return faults.agentTimeout(Math.round(error.cause.ms / 1000));
  }
  if (error.wasDelivered) return faults.agentResponseInvalid(true, error);
  if ((await deps.suspectDead(target)) === 'dead') {
    return faults.workspaceUnavailable('workspace agent unreachable — container restart triggered', {
      restarting: true,
    });
  }
  if (error.isBusy) {
    return new Fault('AGENT_BUSY', 'workspace agent busy — retry after a short backoff', {
      extra: { busy: true, retry_after: 30 },
      retryAfterSeconds: 30,
      cause: error,
    });
  }
  return faults.agentUnreachable(error);
}

/** Poll-mode targets fetch their messages: the row is the message, committed before the answer. */
async function queueForPoll(
  deps: RelayDeps,
  input: RelayInput,
  target: WorkspaceState,
): Promise<RelayAnswer> {
  const { method, body } = input.envelope;
  await recordActivity(deps, {
    workspaceId: target.id,
    type: 'a2a_receive',
    sourceId: input.sender,
    targetId: target.id,
    method,
    summary: `${method} → ${target.name} (queued for poll)`,
    requestBody: body,
  });
  return { status: 200, body: { status: 'queued', delivery_mode: 'poll', method } };
}

export async function recordHop(
  deps: RelayDeps,
  input: Pick<RelayInput, 'sender' | 'envelope'>,
  target: WorkspaceState,
  end: Pick<ActivityDraft, 'status' | 'errorDetail' | 'responseBody' | 'toolTrace'> & { startedAt: number },
): Promise<void> {
  const { method, body, untouched } = input.envelope;
  const isError = end.status === 'error';
  if (input.sender !== null) deps.vitals.note(input.sender, { lastOutboundAt: deps.clock.now() });
  await recordActivity(deps, {
    workspaceId: target.id,
    type: 'a2a_receive',
    sourceId: input.sender,
    targetId: target.id,
    method,
    summary:
      isError && end.errorDetail
        ? `A2A request to ${target.name} failed: ${end.errorDetail}`.slice(0, 512)
        : `${method} → ${target.name}`,
    requestBody: untouched ? new JsonText(untouched.toString('utf8')) : body,
    responseBody: end.responseBody,
    toolTrace: end.toolTrace,
    durationMs: Math.round(deps.clock.now() - end.startedAt),
    status: end.status ?? 'ok',
    errorDetail: end.errorDetail ?? null,
  });
}
