// Reference clients: an agent, a poller and a delegating client that speak the wire as published ones do, with nothing
// that only our own know. They outlive the server: what was not acknowledged is tried again, with the same id.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const BEAT_MS = 1_000;
const POLL_MS = 250;
const PAUSE_MS = 100;
const INSIST_MS = 60_000;
const ANSWER_LIMIT_MS = 20_000;

export interface Reply {
  status: number;
  body: Record<string, unknown>;
}

/** Null when nobody answered. */
export type Send = (method: string, path: string, body?: unknown) => Promise<Reply | null>;

export interface Member {
  id: string;
  send: Send;
  stop(): void;
}

/** Calls with the bearer of one workspace and its id, and nothing else. */
export function sendAs(base: string, id: string, token: string): Send {
  return async (method, path, body) => {
    try {
      const response = await fetch(base + path, {
        method,
        headers: {
          'content-type': 'application/json',
          'x-workspace-id': id,
          ...(token ? { authorization: `Bearer ${token}` } : {}),
        },
        signal: AbortSignal.timeout(ANSWER_LIMIT_MS),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return { status: response.status, body: (await response.json()) as Reply['body'] };
    } catch {
      return null;
    }
  };
}

/** Registers with what the published SDK sends, then beats until it is stopped. */
async function join(send: Send, id: string, more: Record<string, unknown>): Promise<() => void> {
  const card = { name: id, description: 'a member from outside', version: '1.0.0', skills: [] };
  const registered = await send('POST', '/registry/register', { id, agent_card: card, ...more });
  if (registered?.status !== 200) throw new Error(`register: ${JSON.stringify(registered)}`);
  const beat = { workspace_id: id, error_rate: 0, sample_error: '', active_tasks: 0, uptime_seconds: 1 };
  return every(BEAT_MS, async () => {
    await send('POST', '/registry/heartbeat', { ...beat, runtime_state: 'ok' });
  });
}

export interface ReferenceAgent extends Member {
  /** By message id: how often it was worked on, and the text. */
  effects: ReadonlyMap<string, { text: string; times: number }>;
}

/** Answers A2A 0.3 over HTTP and works once for each message id. */
export async function startReferenceAgent(send: Send, id: string): Promise<ReferenceAgent> {
  const effects = new Map<string, { text: string; times: number }>();
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { id: rpcId, params } = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    const { messageId, parts } = params.message as { messageId: string; parts: { text: string }[] };
    const known = effects.get(messageId);
    if (!known) effects.set(messageId, { text: parts[0]?.text ?? '', times: 1 });
    const result = {
      kind: 'message',
      role: 'agent',
      messageId: `re-${messageId}`,
      parts: [{ kind: 'text', text: `did ${parts[0]?.text}` }],
    };
    response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify({ jsonrpc: '2.0', id: rpcId, result }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://localhost:${(server.address() as AddressInfo).port}`;
  const leave = await join(send, id, { url, delivery_mode: 'push' });
  return {
    id,
    send,
    effects,
    stop: () => {
      leave();
      server.closeAllConnections();
      server.close();
    },
  };
}

export interface ReferencePoller extends Member {
  /** Texts in the order in which they came; each row of the activity once. */
  heard: readonly string[];
}

interface Row {
  id: string;
  method: string | null;
  request_body?: { params?: { message?: { parts?: { text?: string }[] } } };
}

/** Has no address: reads its activity after a cursor, and forgets a cursor that the server does not know. */
export async function startReferencePoller(send: Send, id: string): Promise<ReferencePoller> {
  const heard: string[] = [];
  const seen = new Set<string>();
  let cursor = '';
  const leave = await join(send, id, { url: 'remote://no-inbound', delivery_mode: 'poll' });
  const end = every(POLL_MS, async () => {
    const after = cursor ? `since_id=${cursor}` : 'since_secs=600';
    const page = await send('GET', `/workspaces/${id}/activity?type=a2a_receive&limit=100&${after}`);
    if (page?.status === 410) cursor = '';
    if (page?.status !== 200) return;
    const rows = page.body as unknown as Row[];
    for (const row of cursor ? rows : rows.reverse()) {
      cursor = row.id;
      if (row.method === 'notify' || seen.has(row.id)) continue;
      seen.add(row.id);
      heard.push(row.request_body?.params?.message?.parts?.[0]?.text ?? '');
    }
  });
  return {
    id,
    send,
    heard,
    stop: () => {
      leave();
      end();
    },
  };
}

/** As the published runtime does: only 202 counts, anything else is tried again with the same key. */
export async function delegate(send: Send, sourceId: string, targetId: string, key: string): Promise<string> {
  for (const insist = insisting(); ; ) {
    const body = { target_id: targetId, task: key, idempotency_key: key };
    const reply = await send('POST', `/workspaces/${sourceId}/delegate`, body);
    if (reply?.status === 202) return String(reply.body.delegation_id);
    await insist(reply);
  }
}

/** Sends until somebody acknowledges it; the answer says how it was taken. */
export async function sendMessage(send: Send, targetId: string, messageId: string): Promise<Reply> {
  const message = { role: 'user', messageId, parts: [{ kind: 'text', text: messageId }] };
  for (const insist = insisting(); ; ) {
    const body = { jsonrpc: '2.0', id: '1', method: 'message/send', params: { message } };
    const reply = await send('POST', `/workspaces/${targetId}/a2a`, body);
    if (reply && reply.status < 300) return reply;
    await insist(reply);
  }
}

/** Waits before the next try; after a minute it gives up and shows what it heard last. */
export function insisting(): (heard: unknown) => Promise<void> {
  const endAt = Date.now() + INSIST_MS;
  return async (heard) => {
    if (Date.now() > endAt) throw new Error(`not acknowledged in time: ${JSON.stringify(heard)}`);
    await pause(PAUSE_MS);
  };
}

export const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** One after the other, never two at once. The function that comes back ends it. */
function every(ms: number, once: () => Promise<void>): () => void {
  let isOver = false;
  const loop = async () => {
    while (!isOver) {
      await once();
      await pause(ms);
    }
  };
  void loop();
  return () => {
    isOver = true;
  };
}
