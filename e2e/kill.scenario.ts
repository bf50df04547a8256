// Kill scenarios: the server dies at once, at bad moments, and nothing that was acknowledged is lost.

import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { startTenantProcess, type TenantProcess } from '../bench/tenant-process.ts';
import { verifies } from './requirements.ts';
import { allOnline, apiOf, listWorkspaces, message, until } from './support/api.ts';
import { startBadAgent } from './support/bad-agents.ts';
import { processesOf } from './support/processes.ts';

async function killAndRestart(tenant: TenantProcess, env: Record<string, string>): Promise<TenantProcess> {
  tenant.child.kill('SIGKILL');
  await new Promise((resolve) => tenant.child.once('exit', resolve));
  return startTenantProcess({ PORT: new URL(tenant.url).port, ...env }, { dataDir: tenant.dataDir });
}

describe('kill -9', () => {
  it(
    verifies(
      ['kill.nothing-lost', 'kill.no-orphan'],
      'during writes and a running demo loses nothing and leaves nothing',
    ),
    async () => {
      const dataDir = await mkdtemp(join(tmpdir(), 'molecule-kill-'));
      const env = { MOLECULE_EMPTY: '', RATE_LIMIT: '1000000' };
      let tenant = await startTenantProcess(env, { dataDir });
      let call = apiOf(tenant);
      const [root] = await allOnline(call, 9);
      const agents = processesOf(join(dataDir, 'workspaces'));
      const acknowledged: string[] = [];
      void call('POST', `/workspaces/${root?.id}/a2a`, message('Review the sample text.')).catch(() => {});
      const writers = Array.from({ length: 8 }, async (_, lane) => {
        for (let i = 0; i < 200; i++) {
          const summary = `row ${lane}-${i}`;
          const answer = await call('POST', `/workspaces/${root?.id}/activity`, {
            activity_type: 'agent_log',
            summary,
          }).catch(() => null);
          if (answer?.status !== 200) return;
          acknowledged.push(summary);
        }
      });
      await until('some writes', async () => acknowledged.length > 150 || null);
      tenant = await killAndRestart(tenant, env);
      await Promise.all(writers);
      call = apiOf(tenant);

      const kept = new Set<string>();
      for (let before: string | undefined; ; ) {
        const query = `limit=500${before ? `&before_ts=${encodeURIComponent(before)}` : ''}`;
        const rows = (await call('GET', `/workspaces/${root?.id}/activity?${query}`)).body as unknown as {
          summary: string;
          created_at: string;
        }[];
        for (const row of rows) kept.add(row.summary);
        if (rows.length < 500) break;
        before = rows.at(-1)?.created_at;
      }
      expect(acknowledged.filter((summary) => !kept.has(summary))).toEqual([]);
      await allOnline(call, 9);
      // The agents that outlived the server were taken over, not doubled.
      expect(processesOf(join(dataDir, 'workspaces')).length).toBe(agents.length);
      await tenant.stop();
      expect(processesOf(dataDir)).toEqual([]);
      await rm(dataDir, { recursive: true, force: true });
    },
  );

  it(
    verifies(
      'delegation.ends',
      'in the middle of delegations: each ends, and the agent worked once for each',
    ),
    async () => {
      const dataDir = await mkdtemp(join(tmpdir(), 'molecule-kill-'));
      const agent = await startBadAgent('echoes');
      const env = { MOLECULE_ENV: 'development', WORKSPACE_BACKEND: 'none' };
      let tenant = await startTenantProcess(env, { dataDir });
      let call = apiOf(tenant);
      const source = (await call('POST', '/workspaces', { name: 'source', external: true })).body
        .id as string;
      const target = (await call('POST', '/workspaces', { name: 'target', external: true, url: agent.url }))
        .body.id as string;
      const delegate = (key: string) =>
        call('POST', `/workspaces/${source}/delegate`, {
          target_id: target,
          task: 'work',
          idempotency_key: key,
        });
      const sent = await Promise.all(Array.from({ length: 20 }, (_, i) => delegate(`key-${i}`)));
      expect(new Set(sent.map((answer) => answer.status))).toEqual(new Set([202]));
      tenant = await killAndRestart(tenant, env);
      call = apiOf(tenant);
      const ids = sent.map((answer) => answer.body.delegation_id as string);
      const ended = await until('every delegation ended', async () => {
        const rows = (await call('GET', `/workspaces/${source}/delegations`)).body as unknown as {
          delegation_id: string;
          status: string;
        }[];
        const done = new Map(
          rows.filter((row) => row.status === 'completed').map((row) => [row.delegation_id, row.status]),
        );
        return ids.every((id) => done.has(id)) ? done : null;
      });
      expect(ended.size).toBeGreaterThanOrEqual(ids.length);
      const repeated = await delegate('key-3');
      expect([repeated.status, repeated.body.idempotent_hit, repeated.body.delegation_id]).toEqual([
        202,
        true,
        ids[3],
      ]);
      expect((await listWorkspaces(call)).length).toBe(2);
      await tenant.stop();
      await agent.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  );

  it(
    verifies(
      'kill.unanswered',
      'in the middle of a call leaves no row, and the same message sent again is answered and written once',
    ),
    async () => {
      const dataDir = await mkdtemp(join(tmpdir(), 'molecule-kill-'));
      const heard: string[] = [];
      // Silent to the first, answers every other.
      const agent = createServer(async (request, response) => {
        const body = JSON.parse(await text(request)) as { params: { message: { messageId: string } } };
        if (heard.push(body.params.message.messageId) === 1) return;
        const result = {
          kind: 'message',
          role: 'agent',
          messageId: 'a',
          parts: [{ kind: 'text', text: 'done' }],
        };
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify({ jsonrpc: '2.0', id: '1', result }));
      });
      await new Promise<void>((resolve) => agent.listen(0, '127.0.0.1', resolve));
      const url = `http://localhost:${(agent.address() as AddressInfo).port}`;
      const env = { MOLECULE_ENV: 'development', WORKSPACE_BACKEND: 'none' };
      let tenant = await startTenantProcess(env, { dataDir });
      let call = apiOf(tenant);
      const { id } = (await call('POST', '/workspaces', { name: 'target', external: true, url })).body;
      const say = () => call('POST', `/workspaces/${id}/a2a`, message('once', 'asked-1'));
      const rows = async () =>
        (await call('GET', `/workspaces/${id}/activity?type=a2a_receive`)).body as unknown as object[];

      const cut = say().catch(() => 'cut' as const);
      await until('the agent has the message', async () => heard.length === 1 || null);
      tenant = await killAndRestart(tenant, env);
      call = apiOf(tenant);
      expect(await cut).toBe('cut');
      expect(await rows()).toEqual([]);

      const answers = [await say(), await say()];
      expect(answers.map(({ status }) => status)).toEqual([200, 200]);
      expect(answers[0]?.text).toContain('done');
      expect(heard).toEqual(['asked-1', 'asked-1']);
      expect(await rows()).toHaveLength(1);
      await tenant.stop();
      agent.closeAllConnections();
      await new Promise((resolve) => agent.close(resolve));
      await rm(dataDir, { recursive: true, force: true });
    },
  );
});
