// Stream scenarios: whatever an agent streams, the reader gets a readable end; a revoked reader is cut off within a
// second; a reader that does not read holds nothing for ever.

import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readRssMb } from '../bench/process-usage.ts';
import { startTenantProcess, type TenantProcess } from '../bench/tenant-process.ts';
import { verifies } from './requirements.ts';
import { apiOf, type Call, message, until } from './support/api.ts';
import { type BadAgent, type Behaviour, startBadAgent } from './support/bad-agents.ts';

const STREAM = { ...message('hello'), method: 'message/stream' };
const RESPONSE_LIMIT = 10 * 1024 * 1024;
const IDLE_SECONDS = 2;

let tenant: TenantProcess;
let call: Call;
const agents: BadAgent[] = [];

beforeAll(async () => {
  tenant = await startTenantProcess({
    MOLECULE_ENV: 'development',
    WORKSPACE_BACKEND: 'none',
    A2A_IDLE_TIMEOUT_SECONDS: String(IDLE_SECONDS),
  });
  call = apiOf(tenant);
});
afterAll(async () => {
  await Promise.all(agents.map((agent) => agent.stop()));
  await tenant?.stop();
});

async function createAgent(behaviour: Behaviour): Promise<string> {
  const agent = await startBadAgent(behaviour);
  agents.push(agent);
  const made = await call('POST', '/workspaces', { name: behaviour, external: true, url: agent.url });
  return made.body.id as string;
}

/** As an SSE reader sees it: blocks end at blank lines, their data lines make one text. */
function lastEvent(stream: string): Record<string, unknown> {
  const blocks = stream.split(/\r?\n\r?\n/).filter((block) => block.trim() !== '');
  const data = (blocks.at(-1) ?? '').split(/\r?\n/).filter((line) => line.startsWith('data:'));
  return JSON.parse(data.map((line) => line.slice(5).trimStart()).join('\n')) as Record<string, unknown>;
}

describe('an agent that', () => {
  it.each<Behaviour>(['streams without end', 'streams a line without end'])(
    verifies('agent.faults', '%s is cut at the limit, and the last event says so'),
    async (behaviour) => {
      const id = await createAgent(behaviour);
      await call('POST', `/workspaces/${id}/a2a`, STREAM); // What the process keeps for ever, it keeps now.
      const before = readRssMb(tenant.pid);
      let peak = before;
      const look = setInterval(() => {
        peak = Math.max(peak, readRssMb(tenant.pid));
      }, 20);
      const answer = await call('POST', `/workspaces/${id}/a2a`, STREAM);
      clearInterval(look);
      expect(answer.status).toBe(200);
      expect(lastEvent(answer.text)).toEqual({
        jsonrpc: '2.0',
        id: '1',
        error: {
          code: -32000,
          message: `agent response is larger than ${RESPONSE_LIMIT} bytes`,
          data: expect.objectContaining({ code: 'agent_response_too_large', delivery_confirmed: true }),
        },
      });
      expect(answer.text.length).toBeLessThanOrEqual(RESPONSE_LIMIT + 1_000);
      expect(peak - before).toBeLessThan(64);
    },
  );

  it(verifies('agent.faults', 'nobody reads the stream of does not keep its place'), async () => {
    const id = await createAgent('streams without end');
    const { port, hostname } = new URL(tenant.url);
    const body = JSON.stringify(STREAM);
    const socket = connect(Number(port), hostname);
    await new Promise<void>((resolve) => socket.once('connect', resolve));
    socket.pause();
    socket.write(
      `POST /workspaces/${id}/a2a HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    const rows = await until('the hop ended', async () => {
      const listed = (await call('GET', `/workspaces/${id}/activity`)).body as unknown as {
        activity_type: string;
        error_detail: string | null;
      }[];
      return listed.some((row) => row.activity_type === 'a2a_receive') ? listed : null;
    });
    expect(rows.map((row) => row.error_detail).join()).toMatch(/read agent response|larger than/);
    socket.destroy();
  });
});

describe('a stream whose sender’s token is revoked', () => {
  async function openRevocable(behaviour: Behaviour) {
    const target = await createAgent(behaviour);
    const sender = await createAgent('hangs');
    const minted = (await call('POST', `/workspaces/${sender}/tokens`)).body;
    const listed = (await call('GET', `/workspaces/${sender}/tokens`)).body.tokens as {
      id: string;
      prefix: string;
    }[];
    const tokenId = listed.find(({ prefix }) => prefix === minted.prefix)?.id;
    const response = fetch(`${tenant.url}/workspaces/${target}/a2a`, {
      method: 'POST',
      headers: { authorization: `Bearer ${minted.auth_token}`, 'content-type': 'application/json' },
      body: JSON.stringify(STREAM),
    });
    return { response, revoke: () => call('DELETE', `/workspaces/${sender}/tokens/${tokenId}`) };
  }

  it(verifies('agent.faults', 'ends within a second, in its middle'), async () => {
    const { response, revoke } = await openRevocable('streams slowly');
    const opened = await response;
    expect(opened.status).toBe(200);
    expect((await revoke()).status).toBe(200);
    const revokedAt = performance.now();
    const text = await opened.text();
    expect(performance.now() - revokedAt).toBeLessThan(1_000);
    expect(lastEvent(text)).toMatchObject({
      error: { message: 'credential revoked', data: { code: 'invalid_credential' } },
    });
  });

  it(verifies('agent.faults', 'is refused within a second, before its first byte'), async () => {
    const { response, revoke } = await openRevocable('hangs');
    await until('the agent has the message', async () => agents.at(-2)?.asked() === 1);
    expect((await revoke()).status).toBe(200);
    const revokedAt = performance.now();
    const refused = await response;
    expect(performance.now() - revokedAt).toBeLessThan(1_000);
    expect([refused.status, await refused.json()]).toEqual([
      401,
      expect.objectContaining({ error: 'credential revoked' }),
    ]);
  });
});
