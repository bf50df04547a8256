// Core clients: what published clients do that no other does: one that sends no credential, and suites that send the
// administrator's token with an organisation's id everywhere.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifies } from './requirements.ts';
import { type BadAgent, startBadAgent } from './support/bad-agents.ts';
import { bearer, bodyOf, expectAnswer, type Send, sendAs } from './support/exchange.ts';
import { type ScenarioTenant, startScenarioTenant } from './support/tenant.ts';

const ORG = '7c1f1d7e-6a67-4a5b-9c58-0d2f5d1b6a11';
const ADMIN_TOKEN = 'a'.repeat(40);
/** Everything that an administrator or a workspace may read, as the reference names it. */
const GUARDED = new Set(['admin', 'workspace', 'member', 'state', 'delegator', 'superior', 'context']);

/** What a workspace's own token opens and nobody else's: the values of its secrets. */
const OWN_ALONE = /\/secrets\/values$/;

interface Operation {
  'x-policy': string;
  parameters?: { name: string; in: string; required?: boolean }[];
}

/** Paths of guarded GET operations, with this workspace in the place of `{id}`; those with further names are left out. */
function guardedPaths(workspaceId: string): string[] {
  const document = JSON.parse(
    readFileSync(join(import.meta.dirname, '../docs/reference/openapi.json'), 'utf8'),
  ) as { paths: Record<string, { get?: Operation }> };
  return Object.entries(document.paths)
    .filter(([, { get }]) => get && GUARDED.has(get['x-policy']))
    .map(([path]) => path.replace(/\{(id|workspaceId)\}/, workspaceId))
    .filter(
      (path) => !OWN_ALONE.test(path) && !path.includes('{') && path !== '/ws' && !path.endsWith('/terminal'),
    );
}

async function refusedOf(send: Send, workspaceId: string): Promise<[string, number, string][]> {
  const paths = guardedPaths(workspaceId);
  expect(paths.length).toBeGreaterThan(15);
  const refused: [string, number, string][] = [];
  for (const path of paths) {
    const { status, text } = await send('GET', path);
    // A bare 404 is the guard's.
    if (status === 401 || status === 403 || (status === 404 && text === ''))
      refused.push([path, status, text]);
  }
  return refused;
}

describe('a suite with the admin token and an organisation’s id', () => {
  const headers = { ...bearer(ADMIN_TOKEN), 'x-molecule-org-id': ORG };
  it.each<[string, Record<string, string>]>([
    ['a hosted tenant', { MOLECULE_ORG_ID: ORG }],
    ['a self-hosted one', {}],
  ])(verifies('core.16-staging', 'passes everywhere on %s'), async (_title, env) => {
    const tenant = await startScenarioTenant({ ADMIN_TOKEN, ...env });
    try {
      const send = sendAs(tenant, headers);
      const made = await send('POST', '/workspaces', { name: 'staged', external: true });
      expect(made.status).toBe(201);
      const { id } = bodyOf<{ id: string }>(made);
      expect(await refusedOf(send, id)).toEqual([]);
      const CHANGES: [method: string, path: string, body: unknown, status: number][] = [
        ['PATCH', `/workspaces/${id}`, { role: 'staged' }, 200],
        ['POST', `/workspaces/${id}/tokens`, {}, 201],
        ['POST', `/workspaces/${id}/activity`, { activity_type: 'agent_log', summary: 'x' }, 200],
        ['POST', `/workspaces/${id}/notify`, { message: 'x' }, 200],
        ['POST', '/org/tokens', { name: 'staging' }, 200],
        ['POST', '/registry/heartbeat', { workspace_id: id }, 200],
        ['DELETE', `/workspaces/${id}`, undefined, 200],
      ];
      for (const [method, path, body, status] of CHANGES) {
        const answer = await send(method, path, body);
        expect([method, path, answer.status, answer.status === status ? '' : answer.text]).toEqual([
          method,
          path,
          status,
          '',
        ]);
      }
    } finally {
      await tenant.stop();
    }
  });
});

describe('a client that sends no credential', () => {
  let open: ScenarioTenant;
  let echo: BadAgent;
  let send: Send;

  beforeAll(async () => {
    open = await startScenarioTenant({ MOLECULE_ENV: 'development' });
    echo = await startBadAgent('echoes');
    send = sendAs(open, {});
  });
  afterAll(async () => {
    await echo?.stop();
    await open?.stop();
  });

  it(
    verifies(
      'core.16-mcp-bare',
      'works in development mode: makes, reads, asks, delegates, changes and removes',
    ),
    async () => {
      const add = async (name: string, parent_id?: string) => {
        const made = await send('POST', '/workspaces', { name, external: true, url: echo.url, parent_id });
        expect(made.status).toBe(201);
        return bodyOf<{ id: string }>(made).id;
      };
      const lead = await add('lead');
      const hand = await add('hand', lead);
      const quiet = bodyOf<{ id: string }>(
        await send('POST', '/workspaces', { name: 'quiet', external: true }),
      );
      expect(await refusedOf(send, quiet.id)).toEqual([]);
      const parts = [{ kind: 'text', text: 'hello' }];
      const params = { message: { role: 'user', messageId: crypto.randomUUID(), parts } };
      const asked = await send('POST', `/workspaces/${hand}/a2a`, {
        jsonrpc: '2.0',
        id: 1,
        method: 'message/send',
        params,
      });
      expect([asked.status, asked.text]).toEqual([200, expect.stringContaining('echo')]);
      const handed = await send('POST', `/workspaces/${lead}/delegate`, { target_id: hand, task: 'count' });
      expect([handed.status, bodyOf(handed)]).toMatchObject([202, { delegation_id: expect.any(String) }]);
      expectAnswer(await send('PATCH', `/workspaces/${hand}`, { role: 'counts' }), 200, undefined);
      expectAnswer(await send('POST', `/workspaces/${lead}/approvals`, { action: 'go' }), 201, undefined);
      expectAnswer(await send('DELETE', `/workspaces/${lead}?confirm=true`), 200, {
        status: 'removed',
        cascade_deleted: 1,
        workspaces: expect.any(Array),
      });
    },
  );

  it(verifies('core.16-mcp-bare', 'does not work outside of it'), async () => {
    const closed = await startScenarioTenant();
    try {
      expectAnswer(await sendAs(closed, {})('GET', '/workspaces'), 401, 'admin auth required');
    } finally {
      await closed.stop();
    }
  });
});
