// Fake server (tests only): the workspace server as this runtime sees it: registry, relay, delegations, activity, notify.

import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

type Json = Record<string, unknown>;

export interface SeenCall {
  method: string;
  path: string;
  authorization: string | null;
  workspaceId: string | null;
  body: Json;
}
export interface FakeAnswer {
  status?: number;
  headers?: Record<string, string>;
  body: unknown;
}
type Answerer = (call: SeenCall) => FakeAnswer | Promise<FakeAnswer> | undefined;

export interface FakeServer {
  url: string;
  calls: SeenCall[];
  /** Calls to a path, such as `POST /registry/heartbeat`. */
  to(route: string): SeenCall[];
  /** Asked first; undefined leaves the call to the usual answer. */
  answer(answerer: Answerer): void;
  close(): Promise<void>;
}

const PEER = {
  id: '22222222-2222-4222-8222-222222222222',
  name: 'Finder',
  role: 'finds facts',
  tier: 2,
  status: 'online',
  url: 'http://127.0.0.1:1',
  parent_id: '11111111-1111-4111-8111-111111111111',
  active_tasks: 0,
  agent_card: { skills: ['search', { name: 'count' }] },
};
export const SELF_ID = '11111111-1111-4111-8111-111111111111';
export const PEER_ID = PEER.id;

export async function startFakeServer(port = 0): Promise<FakeServer> {
  const calls: SeenCall[] = [];
  let custom: Answerer = () => undefined;
  const server = createServer((request, response) => {
    void (async () => {
      const call = await readCall(request);
      calls.push(call);
      const answer = (await custom(call)) ?? usual(call);
      response.writeHead(answer.status ?? 200, { 'content-type': 'application/json', ...answer.headers });
      response.end(typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body));
    })().catch((error: unknown) => response.destroy(error as Error));
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    to: (route) => calls.filter((call) => `${call.method} ${call.path}` === route),
    answer: (answerer) => {
      custom = answerer;
    },
    close: () => close(server),
  };
}

function usual(call: SeenCall): FakeAnswer {
  const route = `${call.method} ${call.path.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/, ':id')}`;
  switch (route) {
    case 'POST /registry/register':
      return { body: { status: 'registered', delivery_mode: 'push' } };
    case 'POST /registry/heartbeat':
      return { body: { status: 'ok' } };
    case 'GET /registry/:id/peers':
      return { body: [PEER] };
    case 'GET /workspaces/:id':
      return { body: { id: SELF_ID, name: 'Manager', status: 'online' } };
    case 'GET /workspaces/:id/delegations':
      return { body: [] };
    case 'POST /workspaces/:id/activity':
      return { body: { status: 'logged' } };
    case 'POST /workspaces/:id/notify':
      return { body: { status: 'sent' } };
    case 'POST /workspaces/:id/delegate':
      return {
        status: 202,
        body: {
          delegation_id: '33333333-3333-4333-8333-333333333333',
          status: 'delegated',
          target_id: PEER_ID,
        },
      };
    default:
      return { status: 404, body: { error: 'not found' } };
  }
}

async function readCall(request: IncomingMessage): Promise<SeenCall> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString('utf8');
  return {
    method: request.method ?? '',
    path: (request.url ?? '').split('?')[0]!,
    authorization: request.headers.authorization ?? null,
    workspaceId: (request.headers['x-workspace-id'] as string | undefined) ?? null,
    body: text === '' ? {} : (JSON.parse(text) as Json),
  };
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise<void>((resolve) => server.close(() => resolve()));
}
