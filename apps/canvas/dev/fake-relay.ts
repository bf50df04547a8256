// Fake relay: answers A2A posts of the canvas: a stream of words, a queue, or a refusal, by the role's status.

import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { DEMO_REPORT } from './demo-organisation.ts';
import { playRun } from './fake-run.ts';
import type { FakeState, FakeWorkspace } from './fake-state.ts';

type Json = Record<string, unknown>;

export interface RelayCall {
  target: FakeWorkspace;
  body: Json;
  response: ServerResponse;
  stepMs: number;
}

const cancelled = new Set<string>();

export async function answerRelay(state: FakeState, call: RelayCall): Promise<void> {
  const { target, body, response } = call;
  const params = (body.params ?? {}) as Json;
  if (body.method === 'tasks/cancel') {
    cancelled.add(String(params.id));
    return sendJson(response, 200, { jsonrpc: '2.0', id: body.id, result: { id: params.id, kind: 'task' } });
  }
  if (target.status !== 'online') return refuse(state, call);
  const message = params.message as Json;
  const question = ((message.parts as Json[])[0]?.text as string) ?? '';
  if (body.method !== 'message/stream') return sendJson(response, 202, queuedBody());
  await stream(state, call, question);
}

function refuse(state: FakeState, { target, body, response }: RelayCall) {
  if (body.method === 'message/send' && target.status !== 'paused' && target.status !== 'failed') {
    return sendJson(response, 202, queuedBody());
  }
  state.log(target.id, {
    activity_type: 'a2a_receive',
    target_id: target.id,
    method: String(body.method),
    summary: `A2A request to ${target.name} failed: workspace is ${target.status}`,
    status: 'error',
    error_detail: `workspace is ${target.status}`,
    request_body: body,
  });
  sendJson(response, 503, {
    error: `workspace is ${target.status}`,
    status: target.status,
    code: 'workspace_unavailable',
  });
}

async function stream(state: FakeState, call: RelayCall, question: string): Promise<void> {
  const { target, body, response, stepMs } = call;
  const startedAt = Date.now();
  const taskId = randomUUID();
  const say = (result: Json) =>
    response.write(`data: ${JSON.stringify({ jsonrpc: '2.0', id: body.id, result })}\n\n`);
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
  say({ kind: 'task', id: taskId, contextId: 'c', status: { state: 'submitted' }, artifacts: [] });
  const note = (text: string) =>
    say({
      kind: 'status-update',
      taskId,
      status: { state: 'working', message: { role: 'agent', parts: [{ kind: 'text', text }] } },
      final: false,
    });
  note('Reading the text');
  const isHead = target.parent_id === null;
  const running = playRun(state, target.name, question, stepMs);
  if (isHead) note('Waiting for Facts Lead and Language Lead');
  await running;
  const answer = isHead ? DEMO_REPORT : `I read "${question.slice(0, 60)}" and checked my part.`;
  let said = '';
  for (const [i, word] of (answer.match(/\S+\s*/g) ?? []).entries()) {
    if (cancelled.has(taskId)) break;
    said += word;
    say({
      kind: 'artifact-update',
      taskId,
      append: i > 0,
      artifact: { artifactId: 'a', parts: [{ kind: 'text', text: word }], metadata: { simulated: true } },
    });
    await sleep(25);
  }
  const isStopped = cancelled.delete(taskId);
  say({
    kind: 'status-update',
    taskId,
    final: true,
    status: { state: isStopped ? 'canceled' : 'completed' },
    metadata: { simulated: true },
  });
  response.end();
  state.log(target.id, {
    activity_type: 'a2a_receive',
    target_id: target.id,
    method: 'message/stream',
    summary: `message/stream → ${target.name}`,
    duration_ms: Date.now() - startedAt,
    request_body: body,
    response_body: {
      result: { kind: 'message', parts: [{ kind: 'text', text: said }], metadata: { simulated: true } },
    },
  });
}

function queuedBody(): Json {
  return { queued: true, queue_id: randomUUID(), queue_depth: 1, message: 'queued' };
}

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
