// Fake model provider: a local server that speaks the real protocols of the model providers, from a script, and fails
// on request in the ways providers fail. It is strict: a wrong path, a missing key or a malformed body is refused.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { anthropicProtocol } from './fake-model-provider-anthropic.ts';
import { googleProtocol } from './fake-model-provider-google.ts';
import { openaiChatProtocol } from './fake-model-provider-openai-chat.ts';
import { openaiResponsesProtocol } from './fake-model-provider-openai-responses.ts';

import type { PlainReply, Script, ScriptedReply, SeenRequest, WireProtocol } from './fake-model-script.ts';

export type { Protocol, Script, ScriptedReply, ScriptedTool, SeenRequest } from './fake-model-script.ts';

const PROTOCOLS: readonly WireProtocol[] = [
  anthropicProtocol,
  openaiResponsesProtocol,
  openaiChatProtocol,
  googleProtocol,
];
const BODY_BYTES = 8 * 1024 * 1024;

export interface FakeModelProvider {
  readonly requests: SeenRequest[];
  /** Base URLs as each SDK expects them. */
  readonly urls: { anthropic: string; openai: string; compatible: string; google: string };
  /** Replaces the script; the replies of a list are used up in order, the last one stays. */
  script(next: Script): void;
  close(): Promise<void>;
}

export async function startFakeModelProvider(first: Script = [{ text: 'ok' }]): Promise<FakeModelProvider> {
  const requests: SeenRequest[] = [];
  let script = first;
  let index = 0;
  const server = createServer((request, response) => {
    void answer(request, response).catch((error: unknown) => response.destroy(error as Error));
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = new URL(request.url ?? '/', 'http://fake').pathname;
    const protocol = PROTOCOLS.find((candidate) => candidate.matches(path));
    if (!protocol || request.method !== 'POST') {
      send(response, 404, { error: { message: `no such endpoint: ${request.method} ${path}` } });
      return;
    }
    const body = await readJson(request);
    if (body === null) {
      send(response, 400, protocol.error(400, 'the body is not JSON'));
      return;
    }
    const key = protocol.readKey(request.headers);
    if (key === null && !path.startsWith('/keyless/')) {
      send(response, 401, protocol.error(401, 'no key was given'));
      return;
    }
    const read = protocol.read(path, body);
    if (typeof read === 'string') {
      send(response, 400, protocol.error(400, read));
      return;
    }
    const seen: SeenRequest = { protocol: protocol.name, path, key, body, ...read };
    requests.push(seen);
    const reply =
      typeof script === 'function' ? script(seen, index) : script[Math.min(index, script.length - 1)]!;
    index++;
    play(protocol, seen, reply, response);
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    requests,
    urls: {
      anthropic: `${base}/v1`,
      openai: `${base}/v1`,
      compatible: `${base}/keyless/v1`,
      google: `${base}/v1beta`,
    },
    script: (next) => {
      script = next;
      index = 0;
    },
    close: () => close(server),
  };
}

function play(
  protocol: WireProtocol,
  seen: SeenRequest,
  reply: ScriptedReply,
  response: ServerResponse,
): void {
  if ('fault' in reply) {
    playFault(protocol, seen, reply, response);
    return;
  }
  const plain = toPlain(reply);
  if (!seen.isStreaming) {
    send(response, 200, protocol.whole(plain, seen.model));
    return;
  }
  openStream(response);
  for (const event of protocol.events(plain, seen.model)) writeEvent(response, event);
  if (protocol.name === 'openai-chat') response.write('data: [DONE]\n\n');
  response.end();
}

function playFault(
  protocol: WireProtocol,
  seen: SeenRequest,
  reply: Extract<ScriptedReply, { fault: string }>,
  response: ServerResponse,
): void {
  switch (reply.fault) {
    case 'hang':
      if (seen.isStreaming) openStream(response);
      return;
    case 'garbage':
      if (seen.isStreaming) openStream(response);
      response.end(seen.isStreaming ? 'data: {"this is": not json\n\n' : '<html>not json</html>');
      return;
    case 'status':
      if (reply.retryAfterMs !== undefined) response.setHeader('retry-after-ms', String(reply.retryAfterMs));
      send(response, reply.status, protocol.error(reply.status, reply.message ?? 'scripted failure'));
      return;
    case 'cut': {
      openStream(response);
      const events = protocol.events(toPlain({ text: [reply.text ?? 'half an ans'] }), seen.model);
      const lastDelta = events.findLastIndex((event) =>
        JSON.stringify(event.data).includes(reply.text ?? 'half'),
      );
      for (const event of events.slice(0, lastDelta + 1)) writeEvent(response, event);
      // The bytes must leave before the connection does.
      setImmediate(() => response.socket?.destroySoon());
      return;
    }
  }
}

function toPlain(reply: Exclude<ScriptedReply, { fault: string }>): PlainReply {
  const texts = reply.text === undefined ? [] : Array.isArray(reply.text) ? reply.text : [reply.text];
  const tools = (reply.tools ?? []).map((tool, i) => ({ id: `call_${i}_${tool.name}`, ...tool }));
  return { texts, tools, usage: reply.usage ?? { input: 11, output: 7 } };
}

function openStream(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
  response.flushHeaders();
}

function writeEvent(response: ServerResponse, { event, data }: { event?: string; data: unknown }): void {
  response.write(`${event ? `event: ${event}\n` : ''}data: ${JSON.stringify(data)}\n\n`);
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

async function readJson(request: IncomingMessage): Promise<Record<string, unknown> | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += (chunk as Buffer).length;
    if (bytes > BODY_BYTES) return null;
    chunks.push(chunk as Buffer);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8')) as Record<string, unknown>;
  } catch {
    return null;
  }
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise<void>((resolve) => server.close(() => resolve()));
}
