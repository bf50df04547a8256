// Fake control plane: places workspaces by the contract and nothing beside it, in memory or, with a program, as real child
// processes. It refuses unknown fields and wrong credentials, shows things late, ends them slowly, and fails as its test
// scripts it.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { platform } from '@molecule/contracts';
import { AgentProcesses } from './agent-processes.ts';

export interface PlacedUnit {
  workspaceId: string;
  instanceId: string;
  state: 'pending' | 'running' | 'terminating' | 'terminated';
  body: platform.ProvisionBody;
  /** Where its agent listens, on port 8000. */
  privateIp: string;
  /** Reads that it is still invisible, pending or terminating for. */
  readsUntilSettled: number;
}

export interface FakeControlPlane {
  baseUrl: string;
  /** By workspace. */
  units: Map<string, PlacedUnit>;
  /** Workspaces whose volume is kept. */
  volumes: Set<string>;
  /** `METHOD path status`, in order. */
  calls: string[];
  /** How many reads a change takes to show. */
  lag: number;
  /**
   * What happens to a call: `refuse` answers 503 before anything is done, `lose` does it and breaks the connection,
   * `throttle` answers 429.
   */
  onCall: (method: string, path: string) => 'serve' | 'refuse' | 'lose' | 'throttle';
  /** Units that cost money. */
  live(): PlacedUnit[];
  /** Whether the agent of this workspace is there: as a process, where there is a program. */
  hasAgent(workspaceId: string): boolean;
  /** Ends the instance as a machine that fails. */
  kill(workspaceId: string): void;
  /** Its agent does nothing from now on; the instance is still called running. */
  freeze(workspaceId: string): void;
  /** Nobody listens from now on. */
  goAway(): Promise<void>;
  comeBack(): Promise<void>;
  close(): Promise<void>;
}

export const FAKE_SHARED_SECRET = 'shared-secret-of-a-test';
export const FAKE_TENANT_TOKEN = 'tenant-token-of-a-test';
const BODY = platform.provisionBody.strict();
const UNIT_PATH = /^\/cp\/workspaces\/([0-9a-f-]{36})(\/status)?$/;

interface Answer {
  status: number;
  body?: unknown;
}

/** `program`: what every instance runs; nothing runs when it is empty. */
export async function startFakeControlPlane(program: readonly string[] = []): Promise<FakeControlPlane> {
  const units = new Map<string, PlacedUnit>();
  let port = 0;
  let serial = 0;
  const agents = program.length === 0 ? null : new AgentProcesses(program, noteEnd);
  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  const listen = () => new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const goAway = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  await listen();
  port = (server.address() as AddressInfo).port;
  const fake: FakeControlPlane = {
    baseUrl: `http://127.0.0.1:${port}`,
    units,
    volumes: new Set(),
    calls: [],
    lag: 0,
    onCall: () => 'serve',
    live: () => [...units.values()].filter(({ state }) => state !== 'terminated'),
    hasAgent: (workspaceId) => {
      const unit = units.get(workspaceId);
      if (!unit || unit.state === 'terminated') return false;
      return agents === null || agents.isAlive(unit.instanceId);
    },
    kill: (workspaceId) => {
      const unit = units.get(workspaceId);
      if (unit && agents) agents.kill(unit.instanceId);
      else if (unit) unit.state = 'terminated';
    },
    freeze: (workspaceId) => agents?.freeze(units.get(workspaceId)?.instanceId ?? ''),
    goAway,
    comeBack: listen,
    close: async () => {
      if (server.listening) await goAway();
      await agents?.close();
    },
  };
  return fake;

  function noteEnd(instanceId: string): void {
    for (const unit of units.values()) if (unit.instanceId === instanceId) unit.state = 'terminated';
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const method = request.method ?? 'GET';
    const url = new URL(request.url ?? '/', fake.baseUrl);
    const text = await readText(request);
    const fate = fake.onCall(method, url.pathname);
    let answer: Answer;
    if (fate === 'refuse') answer = { status: 503, body: { error: 'not now' } };
    else if (fate === 'throttle') answer = { status: 429, body: { error: 'too many' } };
    else answer = isKnown(request) ? await act(method, url, text) : { status: 401, body: { error: 'who?' } };
    fake.calls.push(`${method} ${url.pathname} ${answer.status}`);
    if (fate === 'lose') {
      response.destroy();
      return;
    }
    response.writeHead(answer.status, { 'content-type': 'application/json' });
    response.end(answer.body === undefined ? '' : JSON.stringify(answer.body));
  }

  async function act(method: string, url: URL, text: string): Promise<Answer> {
    if (method === 'POST' && url.pathname === '/cp/workspaces/provision') return provision(text);
    const [, workspaceId, isStatus] = UNIT_PATH.exec(url.pathname) ?? [];
    if (workspaceId === undefined) return { status: 404, body: { error: 'no such route' } };
    const known = new Set(isStatus ? ['instance_id', 'provider'] : ['instance_id', 'provider', 'prune']);
    if ([...url.searchParams.keys()].some((name) => !known.has(name)))
      return { status: 400, body: { error: 'unknown query' } };
    const instanceId = url.searchParams.get('instance_id');
    if (method === 'GET' && isStatus) return read(workspaceId, instanceId);
    if (method === 'DELETE' && !isStatus)
      return remove(workspaceId, instanceId, url.searchParams.get('prune') === 'true');
    return { status: 405, body: { error: 'not so' } };
  }

  async function provision(text: string): Promise<Answer> {
    const parsed = BODY.safeParse(JSON.parse(text));
    if (!parsed.success) return { status: 400, body: { error: parsed.error.message } };
    const body = parsed.data;
    if (bytesOf(body.config_files) > 256 * 1024 || bytesOf(body.template_assets) > 16 * 1024 * 1024)
      return { status: 400, body: { error: 'too large' } };
    const assets = Object.keys(body.template_assets ?? {});
    if (assets.some((path) => path !== 'config.yaml' && !path.startsWith('prompts/')))
      return { status: 400, body: { error: 'no such asset' } };
    const there = units.get(body.workspace_id);
    if (there?.state === 'terminating') return { status: 409, body: { error: 'still terminating' } };
    if (there && there.state !== 'terminated') return placed(there);
    const unit: PlacedUnit = {
      workspaceId: body.workspace_id,
      instanceId: `i-${++serial}`,
      state: 'pending',
      body,
      privateIp: '127.0.0.1',
      readsUntilSettled: fake.lag,
    };
    units.set(body.workspace_id, unit);
    fake.volumes.add(body.workspace_id);
    if (agents) unit.privateIp = await agents.start(unit.instanceId, serial, body);
    if (fake.lag === 0) unit.state = 'running';
    return placed(unit);
  }

  function read(workspaceId: string, instanceId: string | null): Answer {
    const unit = units.get(workspaceId);
    if (!unit || (instanceId !== null && unit.instanceId !== instanceId))
      return { status: 404, body: { error: 'not found' } };
    const isNew = unit.state === 'pending' && unit.readsUntilSettled === fake.lag && fake.lag > 0;
    settle(unit);
    return isNew
      ? { status: 404, body: { error: 'not found' } }
      : { status: 200, body: { state: unit.state } };
  }

  async function remove(workspaceId: string, instanceId: string | null, isPruned: boolean): Promise<Answer> {
    const unit = units.get(workspaceId);
    const isThere =
      unit !== undefined &&
      unit.state !== 'terminated' &&
      (instanceId === null || unit.instanceId === instanceId);
    if (isThere) {
      if (unit.state !== 'terminating') unit.readsUntilSettled = fake.lag;
      unit.state = fake.lag === 0 ? 'terminated' : 'terminating';
      await agents?.end(unit.instanceId);
    }
    if (isPruned) {
      fake.volumes.delete(workspaceId);
      await agents?.erase(workspaceId);
    }
    if (!isThere) return { status: 404, body: { error: 'not found' } };
    return { status: 204 };
  }

  function settle(unit: PlacedUnit): void {
    if (unit.readsUntilSettled > 0) unit.readsUntilSettled--;
    if (unit.readsUntilSettled > 0) return;
    if (unit.state === 'pending') unit.state = 'running';
    if (unit.state === 'terminating') unit.state = 'terminated';
  }
}

function placed({ instanceId, privateIp, state }: PlacedUnit): Answer {
  return { status: 201, body: { instance_id: instanceId, private_ip: privateIp, state } };
}

function isKnown({ headers }: IncomingMessage): boolean {
  const isTenant = headers['x-molecule-admin-token'] === FAKE_TENANT_TOKEN;
  return headers.authorization === `Bearer ${FAKE_SHARED_SECRET}` && isTenant;
}

function bytesOf(files: Record<string, string> | null | undefined): number {
  return Object.values(files ?? {}).reduce((sum, text) => sum + Buffer.from(text, 'base64').length, 0);
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
