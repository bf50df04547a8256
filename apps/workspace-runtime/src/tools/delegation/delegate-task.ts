// delegate_task: hands a task to a peer through the relay and waits for the answer.
//
//   D1. One delegation has one message id over all its attempts, so that an agent of ours does its work once.
//   D2. It is sent again only when the server says that nothing was delivered, or could not be reached at all.
//   D3. An answer "queued" is no failure: the message is kept by the server and must not be sent again.
//   D4. Every delegation is told to the server twice: before it is sent, and how it ended.

import { randomUUID } from 'node:crypto';
import { activity } from '@molecule/contracts';
import { LIMITS } from '@molecule/domain';
import { z } from 'zod';
import type { RelayReply } from '../../connect/platform.ts';
import { defineTool, type ToolContext } from '../define-tool.ts';
import { type ToolDeps, toolError } from '../tool-deps.ts';
import { type FoundPeer, findPeer } from './find-peer.ts';
import { type PeerReply, parseReply } from './parse-reply.ts';
import { delegationFailed, wrapPeerText } from './peer-text.ts';

export const TASK_CHARS = 500_000;
export const LOGGED_CHARS = 100_000;

interface Outcome {
  text: string;
  error: string | null;
}

export function delegateTask(deps: ToolDeps) {
  return defineTool({
    name: 'delegate_task',
    description:
      'Give a task to another workspace and wait for its answer. Say everything it needs to know; it does not see your conversation.',
    input: z.object({ workspace_id: z.string().min(1), task: z.string().min(1).max(TASK_CHARS) }),
    run: async (input, context) => {
      try {
        const peer = await findPeer(deps.platform, input.workspace_id, context.signal);
        if (typeof peer === 'string') return `Error: ${peer}`;
        const depth = depthOf(context) + 1;
        if (depth > LIMITS.delegationDepth) {
          return delegationFailed(
            peer.name,
            `the chain of delegations is longer than ${LIMITS.delegationDepth}`,
          );
        }
        return await delegate(deps, peer, input.task, depth, context);
      } catch (error) {
        context.signal.throwIfAborted();
        return toolError(error);
      }
    },
  });
}

async function delegate(
  deps: ToolDeps,
  peer: FoundPeer,
  task: string,
  depth: number,
  context: ToolContext,
): Promise<string> {
  const startedAtMs = deps.clock.now();
  await logSafely(deps, {
    activity_type: 'a2a_send',
    method: 'message/send',
    target_id: peer.id,
    summary: `Delegating to ${peer.name}: ${task}`.slice(0, LIMITS.activitySummaryChars),
    request_body: { task: task.slice(0, LOGGED_CHARS) },
  });
  let outcome: Outcome = { text: '', error: 'aborted' };
  try {
    outcome = await send(deps, peer, task, depth, context);
    return outcome.text;
  } finally {
    await logSafely(deps, {
      activity_type: 'a2a_receive',
      method: 'message/send',
      target_id: peer.id,
      summary: `${outcome.error === null ? 'Answer' : 'No answer'} from ${peer.name}`.slice(
        0,
        LIMITS.activitySummaryChars,
      ),
      status: outcome.error === null ? 'ok' : 'error',
      error_detail: outcome.error?.slice(0, LIMITS.activityErrorChars) ?? null,
      duration_ms: Math.max(0, Math.round(deps.clock.now() - startedAtMs)),
      response_body: { text: outcome.text.slice(0, LOGGED_CHARS) },
    });
  }
}

async function send(
  deps: ToolDeps,
  peer: FoundPeer,
  task: string,
  depth: number,
  { signal, turn }: ToolContext,
): Promise<Outcome> {
  const { retry_attempts, retry_delay, timeout } = deps.delegation;
  const deadline = AbortSignal.timeout(timeout * 1000);
  const body = message(deps.platform.workspaceId, task, depth, turn);
  const options = { signal: AbortSignal.any([signal, deadline]), timeoutSeconds: Math.ceil(timeout) };
  for (let attempt = 1; ; attempt++) {
    const reply = await attemptOnce(deps, peer, body, options);
    signal.throwIfAborted();
    if (!reply.isRetryable || attempt >= retry_attempts || deadline.aborted) return reply.outcome;
    await deps.clock.sleep(retry_delay * attempt * 1000, signal);
  }
}

async function attemptOnce(
  deps: ToolDeps,
  peer: FoundPeer,
  body: unknown,
  options: { signal: AbortSignal; timeoutSeconds: number },
): Promise<{ outcome: Outcome; isRetryable: boolean }> {
  let reply: RelayReply;
  try {
    reply = await deps.platform.relay(peer.id, body, options);
  } catch (error) {
    if (options.signal.aborted) {
      return { outcome: failed(peer, `no answer within ${options.timeoutSeconds} s`), isRetryable: false };
    }
    return { outcome: failed(peer, `the server is not reachable (${describe(error)})`), isRetryable: true };
  }
  const json = parseJson(reply.text);
  const parsed = parseReply(json ?? reply.text);
  return { outcome: outcomeOf(peer, parsed, reply.status), isRetryable: isUndelivered(reply.status, json) };
}

function outcomeOf(peer: FoundPeer, reply: PeerReply, status: number): Outcome {
  switch (reply.kind) {
    case 'result':
      return { text: wrapPeerText(reply.text), error: null };
    case 'queued':
      return {
        text: `QUEUED: ${peer.name} can not answer now; the message is kept and will be delivered${reply.queueId ? ` (queue id ${reply.queueId})` : ''}. This is not a failure; do not send it again.`,
        error: null,
      };
    case 'error':
      return failed(peer, reply.code === null ? reply.message : `${reply.message} (code=${reply.code})`);
    case 'malformed':
      return failed(peer, `the answer (status ${status}) could not be read: ${reply.excerpt}`);
  }
}

function failed(peer: FoundPeer, detail: string): Outcome {
  return { text: delegationFailed(peer.name, detail), error: detail };
}

/** A 503 says that nothing was queued; `busy` may have been delivered all the same (D2). */
function isUndelivered(status: number, json: unknown): boolean {
  const isBusy = (json as { busy?: unknown } | null)?.busy === true;
  return status === 429 || ((status === 502 || status === 503) && !isBusy);
}

function message(sourceId: string, task: string, depth: number, turn: ToolContext['turn']) {
  const chainId = chainOf(turn);
  const metadata = {
    source_workspace_id: sourceId,
    parent_task_id: turn.taskId,
    delegation_depth: depth,
    ...(chainId === null ? {} : { chain_id: chainId }),
  };
  return {
    jsonrpc: '2.0',
    id: randomUUID(),
    method: 'message/send',
    params: {
      message: {
        kind: 'message',
        role: 'user',
        messageId: randomUUID(),
        contextId: turn.contextId,
        parts: [{ kind: 'text', text: task }],
        metadata,
      },
    },
  };
}

/** The chain of delegations that this turn belongs to, as the server wrote it into the message; null for none. */
export function chainOf({ metadata }: ToolContext['turn']): string | null {
  return typeof metadata.chain_id === 'string' ? metadata.chain_id : null;
}

function depthOf({ turn }: ToolContext): number {
  const depth = turn.metadata.delegation_depth;
  return typeof depth === 'number' && Number.isInteger(depth) && depth > 0 ? depth : 0;
}

type ActivityBody = NonNullable<Parameters<ToolDeps['platform']['call']>[1]>['body'];

/** What was done matters more than that it was logged: a log that fails is a warning (D4). */
async function logSafely({ platform, log }: ToolDeps, body: Record<string, unknown>): Promise<void> {
  try {
    await platform.call(activity.logActivity, {
      params: { id: platform.workspaceId },
      body: body as ActivityBody as never,
    });
  } catch (error) {
    log.warn({ reason: describe(error) }, 'an activity row was not written');
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
