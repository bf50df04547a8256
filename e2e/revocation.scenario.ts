// Revocation: a token or session that was revoked opens nothing from then on, and what it had opened is closed within
// a second, while its workspace's other tokens go on.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { verifies } from './requirements.ts';
import {
  addExternalAgent,
  type ExternalAgent,
  type ScenarioTenant,
  startScenarioTenant,
  until,
} from './support/tenant.ts';

const LIMIT_MS = 1_000;

let tenant: ScenarioTenant;
let agent: ExternalAgent;

beforeAll(async () => {
  tenant = await startScenarioTenant();
  agent = await addExternalAgent(tenant, 'followed');
});

afterAll(() => tenant?.stop());

interface Credential {
  headers: Record<string, string>;
  revoke(): Promise<unknown>;
}

async function mintToken(): Promise<Credential> {
  const path = `/workspaces/${agent.id}/tokens`;
  const minted = await tenant.asAdmin<{ auth_token: string; prefix: string }>(path, { method: 'POST' });
  const { tokens } = await tenant.asAdmin<{ tokens: { id: string; prefix: string }[] }>(path);
  const id = tokens.find(({ prefix }) => prefix === minted.prefix)?.id;
  return {
    headers: { authorization: `Bearer ${minted.auth_token}` },
    revoke: () => tenant.asAdmin(`${path}/${id}`, { method: 'DELETE' }),
  };
}

async function mintOrgToken(): Promise<Credential> {
  const minted = await tenant.asAdmin<{ id: string; auth_token: string }>('/org/tokens', { method: 'POST' });
  return {
    headers: { authorization: `Bearer ${minted.auth_token}` },
    revoke: () => tenant.asAdmin(`/org/tokens/${minted.id}`, { method: 'DELETE' }),
  };
}

/** With every other organisation token at once. */
async function mintOrgTokenForRevokeAll(): Promise<Credential> {
  const { headers } = await mintOrgToken();
  return { headers, revoke: () => tenant.asAdmin('/org/tokens/revoke-all', { method: 'POST' }) };
}

async function openSession(): Promise<Credential> {
  const answer = await tenant.call('/auth/sign-in', { method: 'POST', body: { token: tenant.adminToken } });
  const headers = { cookie: (answer.headers.get('set-cookie') ?? '').split(';')[0] ?? '' };
  return { headers, revoke: () => tenant.call('/auth/sign-out', { method: 'POST', headers }) };
}

async function openSessionForAdmins(): Promise<Credential> {
  const { headers } = await openSession();
  return { headers, revoke: () => tenant.asAdmin('/admin/sessions/revoke-others', { method: 'POST' }) };
}

interface Connection {
  isOpen(): boolean;
  end(): void;
}

async function openSocket(headers: Record<string, string>): Promise<Connection & { code(): number }> {
  const socket = new WebSocket(`${tenant.url.replace('http', 'ws')}/ws`, { headers });
  let code = 0;
  socket.addEventListener('close', (event) => {
    code = event.code;
  });
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener('open', () => resolve());
    socket.addEventListener('error', () => reject(new Error('the socket was refused')));
  });
  return { isOpen: () => code === 0, code: () => code, end: () => socket.close() };
}

async function openStream(headers: Record<string, string>): Promise<Connection> {
  const controller = new AbortController();
  const response = await fetch(`${tenant.url}/workspaces/${agent.id}/events/stream`, {
    headers,
    signal: controller.signal,
  });
  expect(response.status).toBe(200);
  let isOpen = true;
  const end = () => {
    isOpen = false;
  };
  response.body?.pipeTo(new WritableStream({})).then(end, end);
  return { isOpen: () => isOpen, end: () => controller.abort() };
}

/** Calls without a pause; remembers when each call was sent and what it met. */
function keepCalling(headers: Record<string, string>) {
  const calls: { sentAt: number; status: number }[] = [];
  let isOn = true;
  const run = (async () => {
    while (isOn) {
      const sentAt = performance.now();
      const { status } = await tenant.call(`/workspaces/${agent.id}/state`, { headers });
      calls.push({ sentAt, status });
    }
  })();
  const stop = () => {
    isOn = false;
    return run;
  };
  return { calls, stop };
}

describe('revocation', () => {
  it.each([
    ['a workspace token', mintToken],
    ['a session', openSession],
    ['all sessions', openSessionForAdmins],
    ['an organisation token', mintOrgToken],
    ['all organisation tokens', mintOrgTokenForRevokeAll],
  ] as const)(
    verifies('core.2.5-revocation', 'of %s refuses the next request and closes its socket and its stream'),
    async (_name, open) => {
      const credential = await open();
      const bystander = await mintToken();
      const [socket, stream, otherSocket, otherStream] = await Promise.all([
        openSocket(credential.headers),
        openStream(credential.headers),
        openSocket(bystander.headers),
        openStream(bystander.headers),
      ]);
      const load = keepCalling(credential.headers);
      await until('the calls pass', () => load.calls.filter(({ status }) => status === 200).length > 20);

      await credential.revoke();
      const revokedAt = performance.now();
      await until('socket and stream are closed', () => !socket.isOpen() && !stream.isOpen(), LIMIT_MS);
      await until('calls were made afterwards', () => load.calls.some(({ sentAt }) => sentAt > revokedAt));
      await load.stop();

      expect(socket.code()).toBe(1008);
      const after = load.calls.filter(({ sentAt }) => sentAt > revokedAt);
      expect(new Set(after.map(({ status }) => status))).toEqual(new Set([401]));
      await expect(openSocket(credential.headers)).rejects.toThrow('refused');
      expect([otherSocket.isOpen(), otherStream.isOpen()]).toEqual([true, true]);
      otherSocket.end();
      otherStream.end();
    },
  );

  it('by the removal of a workspace closes what its tokens had opened, and its agent learns that it is gone', async () => {
    const doomed = await addExternalAgent(tenant, 'doomed');
    const headers = { authorization: `Bearer ${doomed.token}` };
    const socket = await openSocket(headers);
    await tenant.asAdmin(`/workspaces/${doomed.id}`, { method: 'DELETE' });
    await until('the socket is closed', () => !socket.isOpen(), LIMIT_MS);
    const state = await tenant.call(`/workspaces/${doomed.id}/state`, { headers });
    expect([state.status, JSON.parse(state.text)]).toEqual([
      404,
      { workspace_id: doomed.id, status: 'removed', deleted: true },
    ]);
    const peers = await tenant.call(`/registry/${doomed.id}/peers`, { headers });
    expect(peers.status).toBe(401);
  });

  it('leaves no window: a token revoked right after its mint is refused in each of 300 trials', async () => {
    const late: number[] = [];
    for (let trial = 0; trial < 300; trial++) {
      const token = await mintToken();
      await token.revoke();
      const { status } = await tenant.call(`/workspaces/${agent.id}/state`, { headers: token.headers });
      if (status !== 401) late.push(trial);
    }
    expect(late).toEqual([]);
  });
});
