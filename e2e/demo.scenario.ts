// Demo scenarios: the organisation that ships with the product does honest work, visibly, on both engines.

import { startFakeModelProvider } from '@molecule/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { startTenantProcess, type TenantProcess } from '../bench/tenant-process.ts';
import { verifies } from './requirements.ts';
import {
  allOnline,
  apiOf,
  type Call,
  listWorkspaces,
  message,
  until,
  type WorkspaceRow,
} from './support/api.ts';

describe('the Review Desk on the rehearsal engine', () => {
  let tenant: TenantProcess;
  let call: Call;
  let root: WorkspaceRow;

  beforeAll(async () => {
    tenant = await startTenantProcess({ MOLECULE_EMPTY: '' });
    call = apiOf(tenant);
    root = (await allOnline(call, 9)).find((row) => row.parent_id === null) as WorkspaceRow;
  });
  afterAll(() => tenant?.stop());

  it(verifies(['demo.report', 'demo.hops'], 'finds what is wrong with the sample, hop by hop'), async () => {
    const answer = await call('POST', `/workspaces/${root.id}/a2a`, message('Review the sample text.'));
    expect(answer.status).toBe(200);
    for (const finding of [
      'an increase of 20%',
      '31 June 2025',
      'add up to 6,270',
      'was or will be a Saturday',
      '“the the”',
    ]) {
      expect(answer.text).toContain(finding.replaceAll('"', '\\"'));
    }
    expect(answer.text).toContain('no model was asked');
    for (const row of await listWorkspaces(call)) {
      const rows = (await call('GET', `/workspaces/${row.id}/activity?type=a2a_receive`)).body as unknown as {
        source_id: string | null;
        status: string;
      }[];
      const fromManager = rows.filter(
        (activity) => activity.source_id === row.parent_id && activity.status === 'ok',
      );
      expect([row.name, fromManager.length > 0]).toEqual([row.name, true]);
    }
  });

  it(
    verifies(['demo.stream', 'core.6.9-stream'], 'streams the reply: the first words come before the last'),
    async () => {
      const body = { ...message('Review the sample text.'), method: 'message/stream' };
      const response = await fetch(`${tenant.url}/workspaces/${root.id}/a2a`, {
        method: 'POST',
        headers: { authorization: `Bearer ${tenant.adminToken}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      expect(response.headers.get('content-type')).toContain('text/event-stream');
      const arrivals: number[] = [];
      for await (const _chunk of response.body as unknown as AsyncIterable<Uint8Array>)
        arrivals.push(Date.now());
      expect(arrivals.length).toBeGreaterThan(5);
      expect((arrivals.at(-1) ?? 0) - (arrivals[0] ?? 0)).toBeGreaterThan(1_000);
    },
  );

  it(
    verifies(
      ['events.order', 'core.13.3-replay', 'core.13.1-list'],
      'tells stored events in order, and replays the same after any point',
    ),
    async () => {
      const heard: { seq?: number; event: string }[] = [];
      const socket = new WebSocket(`${tenant.url.replace('http', 'ws')}/ws?since_seq=0`, {
        headers: { authorization: `Bearer ${tenant.adminToken}` },
      });
      socket.on('message', (data) => heard.push(JSON.parse(String(data))));
      const created = await call('POST', '/workspaces', {
        name: 'Newcomer',
        runtime: 'rehearsal',
        parent_id: root.id,
      });
      await until('the newcomer online', async () =>
        (await call('GET', `/workspaces/${created.body.id}`)).body.status === 'online' ? true : null,
      );
      await call('DELETE', `/workspaces/${created.body.id}`);
      await until(
        'the removal told',
        async () => heard.some((frame) => frame.event === 'WORKSPACE_REMOVED') || null,
      );
      socket.close();
      const sequence = heard.flatMap((frame) => (frame.seq === undefined ? [] : [frame.seq]));
      expect(sequence).toEqual(sequence.map((_, i) => i + 1));
      const replayed = (await call('GET', '/events?since_seq=5')).body as unknown as {
        seq: number;
        event_type: string;
      }[];
      expect(replayed.map(({ seq, event_type }) => [seq, event_type]).slice(0, sequence.length - 5)).toEqual(
        heard.filter((frame) => (frame.seq ?? 0) > 5).map((frame) => [frame.seq, frame.event]),
      );
      expect((await call('GET', '/events?since_seq=999999')).status).toBe(410);
    },
  );

  it(verifies('demo.import', 'imports a second organisation, and refuses what is not one'), async () => {
    const imported = await call('POST', '/org/import', { dir: 'review-desk' });
    expect([imported.status, imported.body.count]).toEqual([201, 9]);
    await allOnline(call, 18, 60_000);
    expect((await call('POST', '/org/import', {})).body.error).toBe("provide 'dir' or 'template'");
    expect((await call('POST', '/org/import', { dir: '../..' })).body.error).toBe('invalid org directory');
    expect((await call('POST', '/org/import', { dir: 'nowhere' })).status).toBe(404);
    const roots = (await listWorkspaces(call)).filter((row) => row.parent_id === null);
    for (const row of roots)
      expect((await call('DELETE', `/workspaces/${row.id}?confirm=true`)).status).toBe(200);
    expect(await listWorkspaces(call)).toEqual([]);
  });
});

describe('the Review Desk on the model engine', () => {
  it(verifies('demo.model', 'delegates by tool call and answers with what came back'), async () => {
    const provider = await startFakeModelProvider((request) => {
      const text = JSON.stringify(request.body);
      // A tool's result is in the conversation: the editor has heard from the lead.
      if (text.includes('"role":"tool"')) return { text: 'report from the editor' };
      if (!text.includes('Have the facts checked.')) return { text: 'findings from the lead' };
      return {
        tools: [{ name: 'delegate_task', input: { workspace_id: 'Facts Lead', task: 'check the facts' } }],
      };
    });
    const tenant = await startTenantProcess({
      MOLECULE_EMPTY: '',
      OPENAI_API_KEY: 'test-key-of-the-fake-provider',
      OPENAI_BASE_URL: provider.urls.openai,
      MODEL_PROVIDER: 'openai-chat:gpt-test',
    });
    try {
      const call = apiOf(tenant);
      const root = (await allOnline(call, 9)).find((row) => row.parent_id === null) as WorkspaceRow;
      expect((await call('GET', `/workspaces/${root.id}`)).body.runtime).toBe('model');
      const answer = await call('POST', `/workspaces/${root.id}/a2a`, message('Have the facts checked.'));
      expect(answer.text).toContain('report from the editor');
      expect(JSON.stringify(provider.requests.map((request) => request.body))).toContain(
        'findings from the lead',
      );
      expect(answer.text).not.toContain('test-key-of-the-fake-provider');
    } finally {
      await tenant.stop();
      await provider.close();
    }
  });
});
