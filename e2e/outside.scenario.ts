// Outside scenarios: the tenant with other people's stores and other people's clients.

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { ClientFactory, ClientFactoryOptions, JsonRpcTransportFactory } from '@a2a-js/sdk/client';
import { testDatabase } from '@molecule/testkit';
import { afterAll, describe, expect, it } from 'vitest';
import { freePort, startTenantProcess } from '../bench/tenant-process.ts';
import { verifies } from './requirements.ts';
import { allOnline, apiOf, message, type WorkspaceRow } from './support/api.ts';

const REDIS = process.env.MOLECULE_TEST_REDIS_SERVER ?? '/usr/bin/redis-server';
const started: ChildProcess[] = [];
afterAll(() => {
  for (const child of started) child.kill('SIGKILL');
});

async function startRedis(): Promise<{ url: string; child: ChildProcess }> {
  const port = await freePort();
  const child = spawn(REDIS, ['--port', String(port), '--bind', '127.0.0.1', '--save', ''], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  started.push(child);
  await new Promise<void>((resolve) =>
    child.stdout?.on('data', (chunk) => /ready to accept/i.test(String(chunk)) && resolve()),
  );
  return { url: `redis://127.0.0.1:${port}`, child };
}

describe.skipIf(!existsSync(REDIS))('other stores', () => {
  it(
    verifies(
      'store.external',
      'carries the demo on DATABASE_URL and REDIS_URL, and goes on when Redis is gone',
    ),
    async () => {
      const database = await testDatabase({
        flavour: existsSync('/usr/lib/postgresql') ? 'debian' : 'embedded',
      });
      const redis = await startRedis();
      const tenant = await startTenantProcess({
        MOLECULE_EMPTY: '',
        DATABASE_URL: database.url,
        REDIS_URL: redis.url,
      });
      try {
        const call = apiOf(tenant);
        expect((await call('GET', '/health')).body.database).toBe('remote');
        const root = (await allOnline(call, 9)).find((row) => row.parent_id === null) as WorkspaceRow;
        redis.child.kill('SIGKILL');
        const answer = await call('POST', `/workspaces/${root.id}/a2a`, message('Review the sample text.'));
        expect(answer.text).toContain('31 June 2025');
        await allOnline(call, 9);
      } finally {
        await tenant.stop();
        await database.stop();
      }
    },
  );
});

describe('an A2A client of another vendor', () => {
  it(
    verifies('wire.vendor', 'reads the card behind the relay, sends a message and reads the answer'),
    async () => {
      const tenant = await startTenantProcess();
      try {
        const call = apiOf(tenant);
        const created = await call('POST', '/workspaces', { name: 'Clerk', runtime: 'rehearsal' });
        await allOnline(call, 1);
        const authorised: typeof fetch = (input, init) => {
          const headers = new Headers(init?.headers);
          headers.set('authorization', `Bearer ${tenant.adminToken}`);
          return fetch(input, { ...init, headers });
        };
        const factory = new ClientFactory(
          ClientFactoryOptions.createFrom(ClientFactoryOptions.default, {
            transports: [new JsonRpcTransportFactory({ fetchImpl: authorised })],
          }),
        );
        const card = (await call('GET', `/workspaces/${created.body.id}/.well-known/agent-card.json`)).body;
        expect(card.url).toBe(`${tenant.url}/workspaces/${created.body.id}/a2a`);
        const client = await factory.createFromAgentCard(card as never);
        const answer = await client.sendMessage({
          message: {
            messageId: crypto.randomUUID(),
            role: 1,
            parts: [{ content: { $case: 'text', value: 'hello' } }],
          },
        } as never);
        expect(JSON.stringify(answer)).toContain('no model was asked');
      } finally {
        await tenant.stop();
      }
    },
  );
});
