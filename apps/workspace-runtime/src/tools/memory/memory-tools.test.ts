// The tools of memory against a server on a real socket, as an engine calls them.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@molecule/kit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createPlatform } from '../../connect/platform.ts';
import { TokenStore } from '../../connect/token-store.ts';
import type { Turn } from '../../engines/engine.ts';
import { DelegationInbox } from '../../inbox.ts';
import { configFileSchema } from '../../load-config-file.ts';
import { type FakeServer, SELF_ID, startFakeServer } from '../../testing/fake-server.ts';
import { silentLog } from '../../testing/start-agent.ts';
import { createToolSet } from '../tool-set.ts';

let server: FakeServer;
let folder: string;
let run: (name: string, input: unknown) => Promise<string>;

/** What the message of a turn says beside its words. */
let asked: Partial<Turn> = {};

beforeEach(async () => {
  server = await startFakeServer();
  folder = await mkdtemp(join(tmpdir(), 'memory-tools-'));
  await writeFile(join(folder, '.auth_token'), 'my-token');
  const tokens = new TokenStore(folder, null);
  await tokens.reload();
  const platform = createPlatform({
    baseUrl: server.url,
    workspaceId: SELF_ID,
    tokens,
    maxReplyBytes: 10_000,
  });
  const clock = systemClock;
  const inbox = new DelegationInbox({ platform, parentId: () => null, clock, log: silentLog });
  const { delegation } = configFileSchema.parse({});
  const tools = createToolSet({ platform, inbox, delegation, clock, log: silentLog });
  run = (name, input) => {
    const signal = AbortSignal.timeout(10_000);
    const turn = { taskId: 't', contextId: 'c', metadata: {}, signal, ...asked } as Turn;
    return tools.get(name)!.run(input, { signal, turn });
  };
});
afterEach(async () => {
  asked = {};
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

const HOME = `/workspaces/${SELF_ID}`;
const NAMESPACES = [
  { name: `workspace:${SELF_ID}`, kind: 'workspace', label: 'me', description: 'mine', writable: true },
  { name: 'team:t', kind: 'team', label: 't', description: 'ours', writable: true },
  { name: 'org:o', kind: 'org', label: 'o', description: "everybody's", writable: false },
];
const found = (namespace: string, content: string) => ({
  id: `id of ${content}`,
  namespace,
  content,
  framed: `[memory f00d]\n${content}\n[/memory f00d]`,
  kind: 'fact',
  source: 'agent',
  pin: false,
  created_at: '2024-02-29T12:00:00.000Z',
  source_workspace_id: null,
});

function remember(rows: unknown[] = []) {
  server.answer(({ method, path, body }) => {
    switch (`${method} ${path.replace(HOME, '')}`) {
      case 'POST /memories':
        return { status: 201, body: { id: 'm1', scope: body.scope, namespace: 'general' } };
      case 'POST /v2/memories':
        return { status: 201, body: { id: 'm2', namespace: body.namespace ?? `workspace:${SELF_ID}` } };
      case 'GET /v2/memories':
        return { body: rows };
      case 'GET /v2/namespaces':
        return { body: { readable: NAMESPACES, writable: NAMESPACES.slice(0, 2) } };
      case 'DELETE /v2/memories/m1':
        return { body: { status: 'deleted' } };
      default:
        return undefined;
    }
  });
}
const away = () =>
  server.answer(() => ({
    status: 503,
    body: { error: 'search failed', details: 'the memory plugin is away' },
  }));

describe('commit_memory', () => {
  it.each([
    [undefined, 'LOCAL'],
    ['TEAM', 'TEAM'],
    ['global', 'GLOBAL'],
    ['EVERYWHERE', 'LOCAL'],
  ])('with scope %j writes %s and logs it', async (scope, written) => {
    remember();
    const answer = await run('commit_memory', { content: 'the key is MY_TOKEN=abc', scope });
    expect(JSON.parse(answer)).toEqual({ success: true, id: 'm1', scope: written });
    expect(server.to(`POST ${HOME}/memories`)[0]?.body).toEqual({
      content: 'the key is [REDACTED:TOKEN]',
      scope: written,
    });
    expect(server.to(`POST ${HOME}/activity`).map(({ body }) => body)).toEqual([
      { activity_type: 'memory_write', summary: `[${written}] the key is [REDACTED:TOKEN] (id=m1)` },
    ]);
  });

  it('that is to become a skill is told as such', async () => {
    remember();
    await run('commit_memory', {
      content: JSON.stringify({ promote_to_skill: true, title: 'how to deploy' }),
    });
    expect(server.to(`POST ${HOME}/activity`)[1]?.body).toEqual({
      activity_type: 'skill_promotion',
      method: 'memory/skill-promotion',
      summary: 'how to deploy',
    });
  });

  it('is stored though the log is away, and says when it is not stored', async () => {
    remember();
    expect(JSON.parse(await run('commit_memory', { content: '{not json' })).success).toBe(true);
    away();
    expect(JSON.parse(await run('commit_memory', { content: 'x' }))).toEqual({
      success: false,
      error: 'search failed: the memory plugin is away',
    });
  });
});

describe('what is remembered in a turn', () => {
  it.each([
    ['commit_memory', { content: 'x' }, `POST ${HOME}/memories`],
    ['commit_memory_v2', { content: 'x' }, `POST ${HOME}/v2/memories`],
    ['commit_summary', { content: 'x', derived_from: ['a', 'b'] }, `POST ${HOME}/v2/memories`],
  ])('by %s names the message and what it sums up', async (tool, input, route) => {
    remember();
    asked = { messageId: 'message-1', metadata: { source: 'github' } };
    await run(tool, input);
    expect(server.to(route)[0]?.body).toMatchObject({
      provenance: {
        message_id: 'message-1',
        outside: true,
        ...('derived_from' in input ? { derived_from: ['a', 'b'] } : {}),
      },
    });
    expect(server.to(route)[0]?.body).not.toHaveProperty('derived_from');
  });
});

describe('recall_memory', () => {
  const own = found(`workspace:${SELF_ID}`, 'mine');
  const team = found('team:t', 'ours');

  it('gives a line each, and what others wrote in its frame', async () => {
    remember([own, team]);
    expect(await run('recall_memory', { query: 'q' })).toBe(
      '[LOCAL] mine\n[TEAM] [memory f00d]\nours\n[/memory f00d]',
    );
  });

  it('says so when there is nothing, and when memory is away', async () => {
    remember();
    expect(await run('recall_memory', { scope: 'GLOBAL' })).toBe('No memories found.');
    away();
    expect(await run('recall_memory', {})).toBe('Error: search failed: the memory plugin is away');
  });
});

describe('the newer tools', () => {
  it('search in frames', async () => {
    remember([found('org:o', 'hear')]);
    expect(JSON.parse(await run('search_memory', { query: 'hear', kinds: ['fact'], limit: 5 }))).toEqual({
      success: true,
      count: 1,
      memories: [
        {
          id: 'id of hear',
          namespace: 'org:o',
          kind: 'fact',
          created_at: '2024-02-29T12:00:00.000Z',
          content: '[memory f00d]\nhear\n[/memory f00d]',
        },
      ],
    });
  });

  it('find nothing, and say why, when memory is away', async () => {
    away();
    expect(JSON.parse(await run('search_memory', {}))).toMatchObject({
      count: 0,
      memories: [],
      degraded: true,
    });
  });

  it('commit facts and summaries', async () => {
    remember();
    const answer = await run('commit_memory_v2', { content: 'x', namespace: 'team:t', pin: true });
    expect(JSON.parse(answer)).toEqual({ success: true, id: 'm2', namespace: 'team:t' });
    await run('commit_summary', { content: 'done' });
    expect(server.to(`POST ${HOME}/v2/memories`).map(({ body }) => body)).toEqual([
      { content: 'x', namespace: 'team:t', pin: true, kind: 'fact' },
      { content: 'done', kind: 'summary' },
    ]);
    expect(await run('commit_memory_v2', { content: 'x', expires_at: 'soon' })).toMatch(
      /^Error: commit_memory_v2: /,
    );
  });

  it('list namespaces', async () => {
    remember();
    const list = async (name: string) =>
      JSON.parse(await run(name, {})).map((row: { name: string }) => row.name);
    expect(await list('list_readable_namespaces')).toHaveLength(3);
    expect(await list('list_writable_namespaces')).toHaveLength(2);
  });

  it('forget', async () => {
    remember();
    expect(JSON.parse(await run('forget_memory', { memory_id: 'm1' }))).toEqual({ forgotten: true });
    expect(JSON.parse(await run('forget_memory', { memory_id: 'other' }))).toEqual({
      success: false,
      error: 'not found',
      forgotten: false,
    });
  });
});
