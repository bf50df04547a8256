// Fake tenant: a server with the routes that the canvas calls, played from a script, for looking at the board and for its
// tests. It serves the built canvas under the same content policy as the real server.

import { existsSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { WebSocketServer } from 'ws';
import { answerRelay, sendJson } from './fake-relay.ts';
import { FakeState } from './fake-state.ts';

type Json = Record<string, unknown>;

export interface FakeOptions {
  port?: number;
  token?: string | null;
  isOpen?: boolean;
  stepMs?: number;
  /** Every API call answers this status, to look at broken states. */
  state?: FakeState;
}

export interface FakeTenant {
  url: string;
  port: number;
  state: FakeState;
  close(): Promise<void>;
}

const DIST = join(fileURLToPath(new URL('..', import.meta.url)), 'dist');
export const PAGE_POLICY =
  "default-src 'self'; img-src 'self' data: blob:; connect-src 'self' ws: wss:; font-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'";
const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};
const SUGGESTED = 'Review the sample text.';

export async function startFakeTenant(options: FakeOptions = {}): Promise<FakeTenant> {
  const state = options.state ?? new FakeState();
  const token = options.token ?? null;
  const server = createServer((request, response) => {
    handle(request, response, state, { ...options, token }).catch((error: unknown) => {
      if (!response.headersSent) sendJson(response, 500, { error: String(error) });
      else response.end();
    });
  });
  const sockets = new WebSocketServer({ noServer: true });
  server.on('upgrade', (request, socket, head) => {
    if (!isAllowed(request, token)) {
      socket.end('HTTP/1.1 401 Unauthorized\r\n\r\n');
      return;
    }
    sockets.handleUpgrade(request, socket, head, (ws) => {
      const since = Number(
        new URL(request.url ?? '', 'http://x').searchParams.get('since_seq') ?? Number.NaN,
      );
      for (const row of state.events) {
        if (row.seq <= since || Number.isNaN(since)) continue;
        const { event_type: event, created_at: timestamp, payload, seq } = row;
        ws.send(JSON.stringify({ event, workspace_id: row.workspace_id, timestamp, payload, seq }));
      }
      const listener = (frame: unknown) => ws.send(JSON.stringify(frame));
      state.listeners.add(listener);
      ws.on('close', () => state.listeners.delete(listener));
    });
  });
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, port, state, close: () => closeAll(server, sockets) };
}

function closeAll(server: Server, sockets: WebSocketServer): Promise<void> {
  for (const client of sockets.clients) client.terminate();
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}

function isAllowed(request: IncomingMessage, token: string | null): boolean {
  return token === null || (request.headers.cookie ?? '').includes(`fake_session=${token}`);
}

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  state: FakeState,
  options: FakeOptions,
) {
  const url = new URL(request.url ?? '/', 'http://x');
  const path = url.pathname;
  const method = request.method ?? 'GET';
  const token = options.token ?? null;
  if (method === 'GET' && (path === '/' || path.startsWith('/assets/'))) return servePage(path, response);
  const body = method === 'GET' ? {} : await readBody(request);
  if (path === '/auth/sign-in') {
    if (body.token !== token) return sendJson(response, 401, { error: 'invalid admin auth token' });
    response.setHeader('set-cookie', `fake_session=${token}; HttpOnly; SameSite=Strict; Path=/`);
    return sendJson(response, 200, { status: 'signed_in' });
  }
  if (path === '/canvas/viewport') {
    if (method === 'PUT') Object.assign(state.viewport, body);
    return sendJson(response, 200, method === 'PUT' ? { status: 'saved' } : state.viewport);
  }
  if (!isAllowed(request, token)) return sendJson(response, 401, { error: 'admin auth required' });
  if (path === '/canvas/tenant') return sendJson(response, 200, tenantInfo(options.isOpen ?? false));
  if (path === '/events') return sendJson(response, 200, listEvents(state, url));
  if (path === '/org/import') return importDemo(state, response, options.stepMs ?? 900);
  if (path === '/workspaces') {
    if (method === 'GET') return sendJson(response, 200, [...state.workspaces.values()]);
    const made = state.add({
      name: String(body.name),
      role: null,
      parentId: (body.parent_id as string | null) ?? null,
      runtime: String(body.runtime ?? 'model'),
    });
    setTimeout(() => state.online(made), 600);
    return sendJson(response, 201, { id: made.id, status: 'provisioning' });
  }
  const [, , id = '', verb = ''] = path.split('/');
  const workspace = state.workspaces.get(id);
  if (!path.startsWith('/workspaces/') || !workspace)
    return sendJson(response, 404, { error: 'workspace not found' });
  if (verb === 'activity') {
    const rows = state.activity.filter((row) => row.workspace_id === id).reverse();
    return sendJson(response, 200, rows.slice(0, 200));
  }
  if (verb === 'a2a')
    return answerRelay(state, { target: workspace, body, response, stepMs: options.stepMs ?? 900 });
  return change(state, workspace, method, verb, body, response);
}

function change(
  state: FakeState,
  workspace: NonNullable<ReturnType<FakeState['workspaces']['get']>>,
  method: string,
  verb: string,
  body: Json,
  response: ServerResponse,
) {
  const { id } = workspace;
  if (method === 'PATCH') {
    Object.assign(workspace, body);
    state.store('WORKSPACE_UPDATED', id, { fields: Object.keys(body) });
    return sendJson(response, 200, { status: 'updated' });
  }
  if (method === 'DELETE') {
    const gone = [workspace, ...[...state.workspaces.values()].filter((one) => one.parent_id === id)];
    for (const one of gone) {
      state.workspaces.delete(one.id);
      state.store('WORKSPACE_REMOVED', one.id, {});
    }
    return sendJson(response, 200, {
      status: 'removed',
      cascade_deleted: gone.length - 1,
      workspaces: gone.map(({ id: goneId, name }) => ({ id: goneId, name })),
    });
  }
  if (verb === 'pause') {
    workspace.status = 'paused';
    state.store('WORKSPACE_PAUSED', id, { name: workspace.name });
    return sendJson(response, 200, {
      status: 'paused',
      paused_count: 1,
      workspaces: [{ id, name: workspace.name }],
    });
  }
  if (verb === 'restart' || verb === 'resume') {
    workspace.status = 'provisioning';
    state.store('WORKSPACE_PROVISIONING', id, { name: workspace.name, tier: 2, runtime: workspace.runtime });
    setTimeout(() => state.online(workspace), 1_200);
    return sendJson(response, 200, {
      status: 'provisioning',
      config_dir: '',
      reset_session: false,
      resumed_count: 1,
      workspaces: [{ id, name: workspace.name }],
    });
  }
  sendJson(response, 404, { error: 'not found' });
}

function importDemo(state: FakeState, response: ServerResponse, stepMs: number) {
  const made = state.importDemo();
  made.forEach((one, i) => {
    setTimeout(() => state.online(one, one.parent_id === null ? SUGGESTED : null), stepMs * (0.5 + i * 0.2));
  });
  sendJson(response, 201, {
    org: 'Review Desk',
    count: made.length,
    workspaces: made.map(({ id, name, tier }) => ({ id, name, tier, action: 'created' })),
  });
}

function listEvents(state: FakeState, url: URL) {
  const limit = Number(url.searchParams.get('limit') ?? 100);
  const since = url.searchParams.get('since_seq');
  if (since !== null) return state.events.filter((row) => row.seq > Number(since)).slice(0, 500);
  return state.events.slice(-limit).reverse();
}

function tenantInfo(isOpen: boolean) {
  return {
    version: '0.1.0',
    mode: isOpen ? 'development' : 'normal',
    is_open: isOpen,
    backend: 'process',
    runtimes: [{ name: 'rehearsal', installed: true, simulated: true }],
    provider_keys: [],
    demo_template: 'review-desk',
  };
}

function servePage(path: string, response: ServerResponse) {
  const file = join(DIST, path === '/' ? 'index.html' : normalize(path));
  if (!file.startsWith(DIST) || !existsSync(file)) return sendJson(response, 404, { error: 'not found' });
  response.writeHead(200, {
    'content-type': TYPES[extname(file)] ?? 'application/octet-stream',
    'content-security-policy': PAGE_POLICY,
    'x-content-type-options': 'nosniff',
  });
  response.end(readFileSync(file));
}

async function readBody(request: IncomingMessage): Promise<Json> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString('utf8');
  return text === '' ? {} : (JSON.parse(text) as Json);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const tenant = await startFakeTenant({ port: Number(process.argv[2] ?? 8080), isOpen: true });
  console.log(`fake tenant on ${tenant.url}`);
}
