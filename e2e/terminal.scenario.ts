// Logs and terminal: what an agent prints is read once or followed, and a person's shell in its unit ends with its socket,
// its unit or its credential.

import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { LIMITS } from '@molecule/domain';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { addExternalAgent, type ScenarioTenant, startScenarioTenant, until } from './support/tenant.ts';

let tenant: ScenarioTenant;
let id: string;

beforeAll(async () => {
  tenant = await startScenarioTenant({ WORKSPACE_BACKEND: 'process' });
  const made = await tenant.asAdmin<{ id: string }>('/workspaces', {
    method: 'POST',
    body: { name: 'Shell', runtime: 'rehearsal' },
  });
  id = made.id;
  await untilOnline();
});
afterAll(() => tenant?.stop());

const untilOnline = () =>
  until('online', async () => (await tenant.asAdmin(`/workspaces/${id}`)).status === 'online', 60_000);

const admin = () => ({ authorization: `Bearer ${tenant.adminToken}` });
const refused = async (path: string) => {
  const { status, text } = await tenant.call(path, { headers: admin() });
  return [status, JSON.parse(text).error];
};

interface Screen {
  socket: WebSocket;
  shown: string;
  closed: { code: number; reason: string } | null;
}

async function openTerminal(query = '', headers: Record<string, string> = admin()): Promise<Screen> {
  const socket = new WebSocket(`${tenant.url.replace('http', 'ws')}/workspaces/${id}/terminal${query}`, {
    headers,
  });
  const screen: Screen = { socket, shown: '', closed: null };
  socket.on('message', (bytes: Buffer) => {
    screen.shown += bytes.toString('utf8');
  });
  socket.on('close', (code, reason) => {
    screen.closed = { code, reason: reason.toString() };
  });
  await new Promise((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  return screen;
}

const refusedUpgrade = (headers: Record<string, string>, workspaceId = id) =>
  new Promise<number>((resolve, reject) => {
    const socket = new WebSocket(`${tenant.url.replace('http', 'ws')}/workspaces/${workspaceId}/terminal`, {
      headers,
    });
    socket.once('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0));
    socket.once('open', () => reject(new Error('it was opened')));
    socket.once('error', reject);
  });

describe('logs', () => {
  it('of both sources come in one shape', async () => {
    for (const source of ['boot', 'runtime']) {
      const view = await tenant.asAdmin<{ lines: unknown[] }>(
        `/workspaces/${id}/logs?source=${source}&tail=5`,
      );
      expect(view).toEqual({
        source,
        backend: 'process',
        lines: expect.any(Array),
        truncated: expect.any(Boolean),
      });
      expect(view.lines.length).toBeGreaterThan(0);
      expect(view.lines.length).toBeLessThanOrEqual(5);
      expect(view.lines[0]).toEqual({
        at: source === 'boot' ? expect.any(String) : expect.toBeOneOf([null, expect.any(String)]),
        stream: 'stdout',
        text: expect.any(String),
      });
    }
  });

  it('have 200 lines unless asked, 5,000 at most, and the default for what is no number', async () => {
    const log = join(tenant.dataDir, 'workspaces', `ws-${id}`, 'log', 'runtime.log');
    await appendFile(log, 'a line\n'.repeat(LIMITS.logTailMax + 10));
    const count = async (query: string) =>
      (await tenant.asAdmin<{ lines: unknown[] }>(`/workspaces/${id}/logs?${query}`)).lines.length;
    expect(await count('')).toBe(LIMITS.logTailDefault);
    expect(await count(`tail=${LIMITS.logTailMax}`)).toBe(LIMITS.logTailMax);
    expect(await count(`tail=${LIMITS.logTailMax + 1}`)).toBe(LIMITS.logTailMax);
    for (const bad of ['0', '-1', 'x']) expect(await count(`tail=${bad}`)).toBe(LIMITS.logTailDefault);
  });

  it('begin where the caller says', async () => {
    const future = await tenant.asAdmin<{ lines: unknown[] }>(
      `/workspaces/${id}/logs?source=boot&since=2999-01-01T00:00:00Z`,
    );
    expect(future.lines).toEqual([]);
    const past = await tenant.asAdmin<{ lines: unknown[] }>(
      `/workspaces/${id}/logs?source=boot&since=2000-01-01T00:00:00Z`,
    );
    expect(past.lines.length).toBeGreaterThan(0);
  });

  it.each([
    ['source=other', "source must be 'runtime' or 'boot'"],
    ['since=yesterday', 'since must be an RFC3339 timestamp'],
  ])('refuse %s', async (query, error) => {
    expect(await refused(`/workspaces/${id}/logs?${query}`)).toEqual([400, error]);
  });

  it('of an external workspace are not here', async () => {
    const external = await addExternalAgent(tenant, 'elsewhere');
    expect((await refused(`/workspaces/${external.id}/logs`))[0]).toBe(501);
  });

  it('are followed: a new line comes by itself, once, and a second follower resumes after it', async () => {
    const follow = async (lastId?: string) => {
      const controller = new AbortController();
      const response = await fetch(`${tenant.url}/workspaces/${id}/logs?source=boot&follow=true`, {
        headers: { ...admin(), ...(lastId ? { 'last-event-id': lastId } : {}) },
        signal: controller.signal,
      });
      const state = { text: '', controller };
      void (async () => {
        const decoder = new TextDecoder();
        for await (const chunk of response.body ?? []) state.text += decoder.decode(chunk, { stream: true });
      })().catch(() => undefined);
      return state;
    };
    const first = await follow();
    await until('what is there was sent', () => first.text.includes('started pid'));
    await tenant.asAdmin(`/workspaces/${id}/restart`, { method: 'POST' });
    await until('the stop is told', () => /ended pid \d+, as asked/.test(first.text));
    await until('the start is told', () => (first.text.match(/started pid/g) ?? []).length === 2, 30_000);
    await untilOnline();
    first.controller.abort();
    const lastId = [...first.text.matchAll(/^id: (\d+)$/gm)].at(-1)?.[1] ?? '';
    const second = await follow(lastId);
    await pause(1_500);
    expect(second.text).not.toContain('started pid');
    second.controller.abort();
  });
});

describe('a terminal', () => {
  it('shows what its shell prints, in the size that was asked for, in the folder of the unit', async () => {
    const screen = await openTerminal('?cols=111&rows=33');
    screen.socket.send(Buffer.from('stty size; pwd; echo "<$ADMIN_TOKEN$MOLECULE_WORKSPACE_TOKEN>"\n'));
    await until('the size is shown', () => screen.shown.includes('33 111'));
    await until('the folder is shown', () => screen.shown.includes(`ws-${id}/workspace`));
    await until('no secret is shown', () => screen.shown.includes('<>'));
    screen.socket.send(JSON.stringify({ type: 'resize', cols: 99, rows: 22 }));
    screen.socket.send('stty size\n');
    await until('the new size is shown', () => screen.shown.includes('22 99'));
    screen.socket.send('exit\n');
    await until('the socket ends with the shell', () => screen.closed !== null);
    expect(screen.closed?.code).toBe(1000);
  });

  it('ends what it started when its socket is closed', async () => {
    const screen = await openTerminal();
    screen.socket.send('sleep 98765 & echo "started $!."\n');
    await until('the sleep runs', () => /started \d+\./.test(screen.shown));
    const pid = Number(/started (\d+)\./.exec(screen.shown)?.[1]);
    screen.socket.close();
    await until(`the sleep ${pid} is gone`, () => !isAlive(pid));
  });

  it('ends with its unit', async () => {
    const screen = await openTerminal();
    screen.socket.send('echo ready\n');
    await until('it is there', () => screen.shown.includes('ready'));
    await tenant.asAdmin(`/workspaces/${id}/pause`, { method: 'POST' });
    await until('it ended', () => screen.closed !== null, 20_000);
    const late = await openTerminal();
    await until('a paused unit has none', () => late.closed !== null);
    expect(late.closed?.code).toBe(4409);
    await tenant.asAdmin(`/workspaces/${id}/resume`, { method: 'POST' });
    await untilOnline();
  });

  it('ends within a second after its credential is revoked', async () => {
    const minted = await tenant.asAdmin<{ id: string; auth_token: string }>('/org/tokens', {
      method: 'POST',
      body: { name: 'terminal' },
    });
    const screen = await openTerminal('', { authorization: `Bearer ${minted.auth_token}` });
    await tenant.asAdmin(`/org/tokens/${minted.id}`, { method: 'DELETE' });
    await until('it is closed', () => screen.closed !== null, 1_000);
    expect(screen.closed?.code).toBe(1008);
  });

  it('is recorded with who opened it, and without what was typed', async () => {
    const audited = () =>
      tenant.asAdmin<{ event_type: string; payload: Record<string, unknown> }[]>(`/events/${id}?type=AUDIT`);
    const by = (events: Awaited<ReturnType<typeof audited>>, actor: RegExp) =>
      events.filter(({ payload }) => actor.test(String(payload.actor))).map(({ payload }) => payload.action);
    const events = await audited();
    expect(by(events, /^admin-token$/)).toContain('terminal_opened');
    expect(by(events, /^admin-token$/)).toContain('terminal_closed');
    expect(JSON.stringify(events)).not.toContain('stty');
  });

  it('is refused to strangers, colleagues and browsers of other sites', async () => {
    const colleague = await addExternalAgent(tenant, 'colleague');
    expect(await refusedUpgrade({})).toBe(401);
    expect(await refusedUpgrade({ authorization: `Bearer ${colleague.token}` })).toBe(401);
    expect(await refusedUpgrade({ ...admin(), origin: 'https://elsewhere.example' })).toBe(403);
    expect(await refusedUpgrade(admin(), crypto.randomUUID())).toBe(404);
  });

  it('is bounded in number', async () => {
    const screens: Screen[] = [];
    for (let i = 0; i < 8; i++) screens.push(await openTerminal());
    expect(await refusedUpgrade(admin())).toBe(429);
    screens[0]?.socket.close();
    await until('one is free', async () => {
      try {
        screens.push(await openTerminal());
        return true;
      } catch {
        return false;
      }
    });
    for (const { socket } of screens) socket.close();
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
