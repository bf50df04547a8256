// Queued task: `tasks/get` and `tasks/cancel` for a message that the relay holds; anything else belongs to the agent.

import { faults, isUuid } from '@molecule/domain';
import { isObject } from './envelope.ts';
import type { InboxStatus, QueuedMessage } from './inbox-store.ts';
import type { RelayAnswer, RelayInput } from './relay-call.ts';
import type { RelayDeps } from './relay-message.ts';

const GET = new Set(['tasks/get', 'GetTask']);
const CANCEL = new Set(['tasks/cancel', 'CancelTask']);

const TASK_STATES: Record<InboxStatus, string> = {
  queued: 'submitted',
  dispatched: 'working',
  completed: 'completed',
  failed: 'failed',
  dropped: 'failed',
  expired: 'failed',
  cancelled: 'canceled',
};

/** Null when the request is about no message of the relay's inbox. Only the sender finds its own messages. */
export async function answerForQueued(deps: RelayDeps, input: RelayInput): Promise<RelayAnswer | null> {
  const { method, body } = input.envelope;
  if (!GET.has(method) && !CANCEL.has(method)) return null;
  const id = isObject(body.params) ? body.params.id : null;
  if (!isUuid(id)) return null;
  const message = await deps.inbox.find(id);
  if (message?.workspaceId !== input.targetId || message.senderId !== input.sender) return null;
  if (CANCEL.has(method) && !(await deps.inbox.cancel(message))) {
    const error = { code: -32002, message: 'the message is on its way or has ended; it cannot be cancelled' };
    return { status: 200, body: { jsonrpc: '2.0', id: input.envelope.rpcId, error } };
  }
  const present = await deps.inbox.find(id);
  if (!present) throw faults.notFound('queued message not found');
  return { status: 200, body: { jsonrpc: '2.0', id: input.envelope.rpcId, result: toTask(present, input) } };
}

function toTask(message: QueuedMessage, input: RelayInput): Record<string, unknown> {
  const isNew = input.headers?.['a2a-version']?.startsWith('1') === true;
  const state = TASK_STATES[message.status];
  const reply = isObject(message.responseBody) ? message.responseBody.result : null;
  return {
    ...(isNew ? {} : { kind: 'task' }),
    id: message.id,
    contextId: message.id,
    status: {
      state: isNew ? `TASK_STATE_${state.toUpperCase()}` : state,
      timestamp: new Date().toISOString(),
    },
    ...(reply === null || reply === undefined ? {} : { artifacts: artifactsOf(reply) }),
    metadata: {
      queue_status: message.status,
      attempts: message.attempts,
      last_error: message.lastError,
      reply,
    },
  };
}

/** The parts of the agent's own answer, wherever it put them. */
function artifactsOf(reply: unknown): unknown[] {
  if (!isObject(reply)) return [];
  if (Array.isArray(reply.artifacts)) return reply.artifacts;
  return Array.isArray(reply.parts) ? [{ artifactId: 'reply', parts: reply.parts }] : [];
}
