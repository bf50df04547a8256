// SSRF range: a network of its own in which every address there is leads to listeners that write down who was called.
// Runs inside a fresh network and mount namespace (see ssrf.scenario.ts) and prints what it saw as one line of JSON.

import { createSocket } from 'node:dgram';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { WorkspaceState } from '@molecule/domain';
import { systemClock } from '@molecule/kit';
import { AgentConnections, addressOf } from '../../apps/workspace-server/src/features/relay/index.ts';
import { addressOfName, buildCorpus, PUBLIC_V4, PUBLIC_V6, type SsrfCase } from './ssrf-corpus.ts';
import { addExternalAgent, type ExternalAgent, type ScenarioTenant, startScenarioTenant } from './tenant.ts';

const GUARD = { isPrivateNetworkAllowed: false, isDevelopment: false };
const MESSAGE = {
  jsonrpc: '2.0',
  id: 1,
  method: 'message/send',
  params: { message: { role: 'user', parts: [] } },
};

/** One case, tried in one of three ways. */
export interface RangeAttempt {
  name: string;
  path: string;
  isTaken: boolean;
}

export interface RangeReport {
  all: RangeAttempt[];
  cases: number;
  attempts: number;
  /** Attempts after which something else than the public addresses was connected to. */
  reached: string[];
  /** Attempts that the server took; they may lead to public addresses only. */
  accepted: string[];
  /** What was connected to by a client without a guard: proof that the listeners hear. */
  control: string[];
  publicCalls: number;
  redirect: { status: number; reached: string[] };
}

const heard: string[] = [];

function answer(request: IncomingMessage, response: ServerResponse): void {
  const target = /^\/redirect-to\/(.+)$/.exec(request.url ?? '')?.[1];
  response.writeHead(target ? 307 : 200, {
    'content-type': 'application/json',
    connection: 'close',
    ...(target ? { location: `http://${decodeURIComponent(target)}/` } : {}),
  });
  response.end('{"jsonrpc":"2.0","id":1,"result":{}}');
}

async function listen(host: string, port: number): Promise<number> {
  const server: Server = createServer(answer);
  server.on('connection', (socket) => heard.push(socket.localAddress ?? ''));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, ipv6Only: host === '::' }, resolve);
  });
  return (server.address() as AddressInfo).port;
}

/** Takes what was heard since the last call. */
function takeHeard(): string[] {
  return heard.splice(0);
}

const isPublic = (address: string) => address === PUBLIC_V4 || address === PUBLIC_V6;

/** Answers `*.test`: `one`: the address; `mixed`: a public one too; `alias`: by CNAME; `flip`: public first, then the address. */
function serveNames(): Promise<void> {
  const asked = new Map<string, number>();
  const socket = createSocket('udp4');
  socket.on('message', (query, from) => {
    const { name, type, end } = readQuestion(query);
    const [label = '', kind = ''] = name.split('.');
    const times = asked.get(`${name}/${type}`) ?? 0;
    asked.set(`${name}/${type}`, times + 1);
    const address = label === 'public' ? PUBLIC_V4 : /^x[0-9a-f]+$/.test(label) ? addressOfName(label) : null;
    const isFirstOfFlip = kind === 'flip' && times === 0;
    const addresses = [
      ...(kind === 'mixed' || isFirstOfFlip ? [PUBLIC_V4] : []),
      ...(address && !isFirstOfFlip ? [address] : []),
    ].filter((text) => (text.includes(':') ? 28 : 1) === type);
    const aliases = kind === 'alias' ? [`${label}.one.test`] : [];
    const records = [
      ...aliases.map(cnameRecord),
      ...addresses.map((text) => addressRecord(text, aliases[0])),
    ];
    const header = Buffer.from(query.subarray(0, 12));
    header.writeUInt16BE(name.startsWith('unknown') ? 0x8183 : 0x8180, 2);
    header.writeUInt16BE(records.length, 6);
    header.writeUInt32BE(0, 8);
    socket.send(Buffer.concat([header, query.subarray(12, end), ...records]), from.port, from.address);
  });
  return new Promise((resolve) => socket.bind(53, '127.0.0.1', resolve));
}

function readQuestion(query: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length).toLowerCase());
    at += length + 1;
  }
  return { name: labels.join('.'), type: query.readUInt16BE(at + 1), end: at + 5 };
}

function encodeName(name: string): Buffer {
  const parts = name
    .split('.')
    .map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)]));
  return Buffer.concat([...parts, Buffer.from([0])]);
}

function record(owner: Buffer, type: number, data: Buffer): Buffer {
  const fixed = Buffer.alloc(10);
  fixed.writeUInt16BE(type, 0);
  fixed.writeUInt16BE(1, 2);
  fixed.writeUInt16BE(data.length, 8);
  return Buffer.concat([owner, fixed, data]);
}

const QUESTION = Buffer.from([0xc0, 0x0c]);

function cnameRecord(name: string): Buffer {
  return record(QUESTION, 5, encodeName(name));
}

function addressRecord(address: string, owner?: string): Buffer {
  const isV6 = address.includes(':');
  const host = new URL(`http://${isV6 ? `[${address}]` : address}/`).hostname.replace(/^\[|\]$/g, '');
  const data = isV6 ? v6Bytes(host) : Buffer.from(host.split('.').map(Number));
  return record(owner ? encodeName(owner) : QUESTION, isV6 ? 28 : 1, data);
}

function v6Bytes(compressed: string): Buffer {
  const [head = '', rest] = compressed.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = !rest ? [] : rest.split(':');
  const groups =
    rest === undefined ? left : [...left, ...Array(8 - left.length - right.length).fill('0'), ...right];
  const bytes = Buffer.alloc(16);
  for (const [index, group] of groups.entries()) bytes.writeUInt16BE(Number.parseInt(group, 16), index * 2);
  return bytes;
}

interface Attempt {
  path: string;
  isTaken: boolean;
}

/** The three ways in: an operator creates, an agent registers, and a stored address is called. */
async function attack(
  tenant: ScenarioTenant,
  agent: ExternalAgent,
  connections: AgentConnections,
  { url, name }: SsrfCase,
): Promise<Attempt[]> {
  const admin = { authorization: `Bearer ${tenant.adminToken}` };
  const send = (id: string) =>
    tenant.call(`/workspaces/${id}/a2a`, {
      method: 'POST',
      headers: { ...admin, 'x-timeout': '5' },
      body: MESSAGE,
    });
  const made = await tenant.call('/workspaces', {
    method: 'POST',
    headers: admin,
    body: { name: 'made', external: true, url },
  });
  const isMade = made.status === 201 && url.trim() !== '';
  if (isMade) await send((JSON.parse(made.text) as { id: string }).id);

  const registered = await tenant.call('/registry/register', {
    method: 'POST',
    headers: { authorization: `Bearer ${agent.token}` },
    body: { id: agent.id, url, delivery_mode: 'push', agent_card: { name, url } },
  });
  const isRegistered = registered.status === 200;
  if (isRegistered) {
    await send(agent.id);
    await tenant.call(`/registry/discover/${agent.id}`, {
      headers: { ...admin, 'x-workspace-id': agent.id },
    });
  }
  return [
    { path: 'create', isTaken: isMade },
    { path: 'register', isTaken: isRegistered },
    { path: 'dispatch', isTaken: await dispatch(connections, url) },
  ];
}

/** As if the address had come into the row by a way that we have not thought of. */
async function dispatch(connections: AgentConnections, url: string): Promise<boolean> {
  const target = { status: 'online', url, isUrlOurs: false } as WorkspaceState;
  try {
    const address = addressOf(target, GUARD);
    await connections.send({
      workspaceId: 'x',
      url: address,
      isUrlOurs: false,
      body: '{}',
      deadlineMs: 5_000,
      ceilingMs: null,
    });
    return true;
  } catch {
    // Refused or not reachable: what counts is whom the listeners heard.
    return false;
  }
}

async function connectWithoutGuard(connections: AgentConnections, port: number): Promise<string[]> {
  const hosts = [
    '127.0.0.1',
    '10.0.0.1',
    '169.254.169.254',
    '192.168.0.1',
    '100.64.0.1',
    '[::1]',
    '[fd00::1]',
    '[64:ff9b::a00:1]',
    '2130706433',
  ];
  for (const host of hosts) {
    const url = `http://${host}:${port}/`;
    await connections.send({
      workspaceId: 'c',
      url,
      isUrlOurs: true,
      body: '{}',
      deadlineMs: 5_000,
      ceilingMs: null,
    });
  }
  return takeHeard();
}

async function run(): Promise<RangeReport> {
  const port = await listen('0.0.0.0', 0);
  await Promise.all([listen('::', port), listen('0.0.0.0', 80), listen('::', 80), serveNames()]);
  const tenant = await startScenarioTenant();
  const connections = new AgentConnections(systemClock, GUARD, () => 10_000);
  try {
    const agent = await addExternalAgent(tenant, 'attacker');
    const corpus = buildCorpus(port);
    const report: RangeReport = {
      all: [],
      cases: corpus.length,
      attempts: 0,
      reached: [],
      accepted: [],
      control: [],
      publicCalls: 0,
      redirect: { status: 0, reached: [] },
    };
    takeHeard();
    for (const one of corpus) {
      const attempts = await attack(tenant, agent, connections, one);
      const called = takeHeard();
      report.all.push(...attempts.map((attempt) => ({ ...attempt, name: one.name })));
      report.attempts += attempts.length;
      report.publicCalls += called.filter(isPublic).length;
      const forbidden = called.filter((address) => !isPublic(address));
      if (forbidden.length > 0) report.reached.push(`${one.name}: ${forbidden.join(', ')}`);
      report.accepted.push(
        ...attempts.filter(({ isTaken }) => isTaken).map(({ path }) => `${path}: ${one.name}`),
      );
    }
    const hop = await tenant.asAdmin<{ id: string }>('/workspaces', {
      method: 'POST',
      body: {
        name: 'redirecting',
        external: true,
        url: `http://public.one.test:${port}/redirect-to/${encodeURIComponent(`127.0.0.1:${port}`)}`,
      },
    });
    const redirected = await tenant.call(`/workspaces/${hop.id}/a2a`, {
      method: 'POST',
      headers: { authorization: `Bearer ${tenant.adminToken}` },
      body: MESSAGE,
    });
    report.redirect = { status: redirected.status, reached: takeHeard() };
    report.control = await connectWithoutGuard(connections, port);
    return report;
  } finally {
    await connections.stop();
    await tenant.stop();
  }
}

run().then(
  (report) => {
    process.stdout.write(`\n${JSON.stringify(report)}\n`);
    process.exit(0);
  },
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    process.exit(1);
  },
);
