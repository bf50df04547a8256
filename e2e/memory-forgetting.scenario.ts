// Forgetting: where memories come from, what a preview shows, that what was confirmed is gone from everywhere that the server
// and the plugin keep, and what the receipt says. And what a look through memories suggests to people.

import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLog } from '@molecule/kit';
import { Db, EmbeddedPostgres } from '@molecule/postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Answer,
  addExternalAgent,
  type ExternalAgent,
  type ScenarioTenant,
  startScenarioTenant,
  until,
} from './support/tenant.ts';

let tenant: ScenarioTenant;
let root: ExternalAgent;
let worker: ExternalAgent;
let peer: ExternalAgent;

beforeAll(async () => {
  tenant = await startScenarioTenant({ MEMORY_WRITES_PER_MINUTE: '1000000', BACKUP_DAYS: '7' });
  root = await addExternalAgent(tenant, 'root');
  worker = await addExternalAgent(tenant, 'worker', root.id);
  peer = await addExternalAgent(tenant, 'peer', root.id);
});

afterAll(() => tenant?.stop());

interface Item {
  kind: string;
  id: string;
  namespace: string;
  why: string;
  excerpt?: string;
  gone_at?: string;
}

interface Receipt {
  id: string;
  state: string;
  subject: { kind: string; sha256: string };
  requested_by: string;
  memories: number;
  keys: number;
  activities: number;
  created_at: string;
  backups_until: string;
  not_covered: string[];
  items: Item[];
}

const call = (who: ExternalAgent, method: string, path: string, body?: unknown): Promise<Answer> =>
  tenant.call(`/workspaces/${who.id}${path}`, {
    method,
    headers: { authorization: `Bearer ${who.token}` },
    ...(body === undefined ? {} : { body }),
  });

async function remember(who: ExternalAgent, content: string, more: object = {}): Promise<string> {
  const answer = await call(who, 'POST', '/v2/memories', { content, ...more });
  expect([answer.status, answer.text]).toEqual([201, expect.any(String)]);
  return JSON.parse(answer.text).id as string;
}

interface Found {
  id: string;
  framed: string;
  pin: boolean;
  expires_at?: string;
  provenance?: Record<string, unknown>;
}

async function found(who: ExternalAgent, query: string): Promise<Found[]> {
  const answer = await call(who, 'GET', `/v2/memories?${query}`);
  expect(answer.status).toBe(200);
  return JSON.parse(answer.text) as Found[];
}

const admin = (path: string, body: unknown): Promise<Answer> =>
  tenant.call(path, { method: 'POST', headers: { authorization: `Bearer ${tenant.adminToken}` }, body });

async function preview(
  subject: object,
): Promise<{ confirm: string; total: number; items: Item[]; backups_until: string }> {
  const answer = await admin('/admin/memories/forget/preview', { subject });
  expect([answer.status, answer.text]).toEqual([200, expect.any(String)]);
  return JSON.parse(answer.text);
}

async function forget(subject: object): Promise<Receipt> {
  const { confirm } = await preview(subject);
  const answer = await admin('/admin/memories/forget', { subject, confirm });
  expect([answer.status, answer.text]).toEqual([200, expect.any(String)]);
  return JSON.parse(answer.text) as Receipt;
}

describe('where a memory comes from', () => {
  it('is kept, shown, and framed when it came from outside', async () => {
    const id = await remember(worker, 'the supplier ships on Tuesdays', {
      provenance: {
        message_id: 'message-7',
        file: 'contracts/supplier.pdf',
        url: 'https://supplier.example/terms',
        subjects: ['Supplier Ltd'],
      },
    });
    const [memory] = await found(worker, 'q=Tuesdays');
    expect(memory).toMatchObject({
      id,
      framed: expect.stringContaining(' origin=outside '),
      provenance: {
        message_id: 'message-7',
        file: 'contracts/supplier.pdf',
        url: 'https://supplier.example/terms',
        subjects: ['supplier ltd'],
        derived_from: [],
        outside: true,
      },
    });
  });

  it('is not claimed for a memory that said nothing', async () => {
    await remember(worker, 'a plain note about plums');
    const [memory] = await found(worker, 'q=plums');
    expect(memory).not.toHaveProperty('provenance');
    expect(memory?.framed).not.toContain('origin=outside');
  });

  it.each([
    ['a text that is too long', { file: 'x'.repeat(513) }],
    ['an empty one', { message_id: '' }],
    ['too many subjects', { subjects: Array.from({ length: 17 }, (_, i) => `s${i}`) }],
    ['too many sources', { derived_from: Array.from({ length: 65 }, (_, i) => `m${i}`) }],
    ['something else', 7],
  ])('is refused with %s', async (_name, provenance) => {
    const answer = await call(worker, 'POST', '/v2/memories', { content: 'x', provenance });
    expect(answer.status).toBe(400);
  });

  it.each([
    { file: 'x'.repeat(512) },
    { subjects: Array.from({ length: 16 }, (_, i) => `s${i}`) },
    { derived_from: Array.from({ length: 64 }, (_, i) => `m${i}`) },
  ])('is taken at its limit', async (provenance) => {
    const answer = await call(worker, 'POST', '/v2/memories', { content: 'at the limit', provenance });
    expect(answer.status).toBe(201);
  });
});

describe('forgetting', () => {
  it('by a source takes what came from there and what was made of it, and nothing else', async () => {
    const source = { provenance: { message_id: 'message-42' } };
    const one = await remember(worker, 'Ada likes quinces', source);
    const other = await remember(root, 'Ada lives in Ulm', { ...source, namespace: `team:${root.id}` });
    const summary = await remember(worker, 'about Ada: quinces, Ulm', {
      kind: 'summary',
      provenance: { derived_from: [one, other] },
    });
    const second = await remember(peer, 'digest of digests', { provenance: { derived_from: [summary] } });
    const innocent = await remember(worker, 'Bea likes medlars', {
      provenance: { message_id: 'message-43' },
    });

    const subject = { kind: 'message', value: 'message-42' };
    const shown = await preview(subject);
    expect(shown.items.map(({ id, why }) => [id, why]).sort()).toEqual(
      [
        [one, 'asked'],
        [other, 'asked'],
        [summary, 'derived'],
        [second, 'derived'],
      ].sort(),
    );
    const receipt = await forget(subject);
    expect(receipt).toMatchObject({
      state: 'done',
      subject: { kind: 'message', sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
      requested_by: 'admin-token',
      memories: 4,
      keys: 0,
      not_covered: expect.arrayContaining([expect.stringContaining('chat history')]),
    });
    expect(receipt.items.every(({ gone_at }) => gone_at !== undefined)).toBe(true);
    expect(receipt.items.some((item) => 'excerpt' in item)).toBe(false);
    const days = (Date.parse(receipt.backups_until) - Date.parse(receipt.created_at)) / 86_400_000;
    expect(Math.round(days)).toBe(7);
    const left = await tenant.asAdmin<{ id: string }[]>('/admin/memories/export');
    const ids = left.map(({ id }) => id);
    for (const id of [one, other, summary, second]) expect(ids).not.toContain(id);
    expect(ids).toContain(innocent);
  });

  it('by a text finds it in any writing, in keys too, and quotes of it in activity', async () => {
    const id = await remember(worker, 'Call JOSÉ   MÜLLER at noon');
    await call(worker, 'POST', '/activity', {
      activity_type: 'memory_write',
      summary: `[LOCAL] Call JOSÉ   MÜLLER at noon (id=${id.slice(0, 24)})`,
    });
    await call(peer, 'POST', '/memory', { key: 'contact', value: { name: 'jose muller' } });
    await call(peer, 'POST', '/memory', { key: 'other', value: 'somebody else' });
    const receipt = await forget({ kind: 'text', value: 'José Müller' });
    expect(receipt).toMatchObject({ state: 'done', memories: 1, keys: 1, activities: 1 });
    expect(receipt.items).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ kind: 'key', id: 'contact', namespace: `workspace:${peer.id}` }),
        expect.objectContaining({ kind: 'activity', why: 'mention' }),
      ]),
    );
    const keys = JSON.parse((await call(peer, 'GET', '/memory')).text) as { key: string }[];
    expect(keys.map(({ key }) => key)).toEqual(['other']);
    const activity = (await call(worker, 'GET', '/activity')).text;
    expect(activity).not.toContain('MÜLLER');
    expect(activity).toContain('[forgotten on request]');
  });

  it('of a workspace takes all that it wrote, for itself and for others', async () => {
    const leaver = await addExternalAgent(tenant, 'leaver', root.id);
    await remember(leaver, 'my own');
    await remember(leaver, 'for my team', { namespace: `team:${root.id}` });
    await call(leaver, 'POST', '/memory', { key: 'k', value: 1 });
    const receipt = await forget({ kind: 'workspace', value: leaver.id });
    expect(receipt).toMatchObject({ memories: 2, keys: 1 });
    expect(await found(leaver, 'q=')).toEqual(
      expect.not.arrayContaining([expect.objectContaining({ source_workspace_id: leaver.id })]),
    );
  });

  it('of one memory by its id leaves a receipt as well, and takes what was made of it', async () => {
    const id = await remember(worker, 'short lived');
    const summary = await remember(peer, 'summary of it', { provenance: { derived_from: [id] } });
    expect((await call(worker, 'DELETE', `/v2/memories/${id}`)).status).toBe(200);
    expect((await call(worker, 'DELETE', `/v2/memories/${id}`)).status).toBe(404);
    const [latest] = await tenant.asAdmin<Receipt[]>('/admin/memories/receipts');
    expect(latest).toMatchObject({
      subject: { kind: 'memory' },
      memories: 2,
      requested_by: `workspace:${worker.id}`,
    });
    const whole = await tenant.asAdmin<Receipt>(`/admin/memories/receipts/${latest?.id}`);
    expect(whole.items.map((item) => [item.id, item.why]).sort()).toEqual(
      [
        [id, 'asked'],
        [summary, 'derived'],
      ].sort(),
    );
    expect((await found(peer, 'q=summary')).map((memory) => memory.id)).not.toContain(summary);
  });

  it('by the id of a memory that is elsewhere takes nothing, not even what others made of it', async () => {
    const id = await remember(worker, 'a secret of the worker');
    const summary = await remember(worker, 'its summary', { provenance: { derived_from: [id] } });
    for (const path of [`/v2/memories/${id}`, `/memories/${id}`])
      expect((await call(peer, 'DELETE', path)).status).toBe(404);
    const ids = (await tenant.asAdmin<{ id: string }[]>('/admin/memories/export')).map((row) => row.id);
    expect(ids).toEqual(expect.arrayContaining([id, summary]));
  });

  it('tells of itself as an AUDIT event without a content', async () => {
    await remember(worker, 'audit me: persimmon');
    const receipt = await forget({ kind: 'text', value: 'persimmon' });
    const audits = () =>
      tenant.asAdmin<{ payload: Record<string, unknown> }[]>('/events?type=AUDIT&limit=500');
    const ofReceipt = async () => (await audits()).find(({ payload }) => payload.receipt_id === receipt.id);
    await until('the event is told', async () => (await ofReceipt()) !== undefined);
    expect((await ofReceipt())?.payload).toMatchObject({
      action: 'memory.forget',
      actor: 'admin-token',
      subject: 'text',
      items: 1,
    });
    expect(JSON.stringify(await audits())).not.toContain('persimmon');
  });

  it('is refused when more, or other things, would go than were shown', async () => {
    await remember(worker, 'the first kumquat');
    const subject = { kind: 'text', value: 'kumquat' };
    const { confirm } = await preview(subject);
    const later = await remember(worker, 'the second kumquat');
    const answer = await admin('/admin/memories/forget', { subject, confirm });
    expect([answer.status, JSON.parse(answer.text).error]).toEqual([
      409,
      'what would be forgotten is not what you confirmed; look at the preview again',
    ]);
    expect((await found(worker, 'q=kumquat')).map(({ id }) => id)).toContain(later);
  });

  it('of nothing is a receipt of nothing', async () => {
    expect(await forget({ kind: 'file', value: 'no/such/file' })).toMatchObject({
      state: 'done',
      memories: 0,
      items: [],
    });
  });

  it('does not let an import of older rows bring it back', async () => {
    const id = randomUUID();
    const rows = [{ id, content: 'an older row', scope: 'LOCAL', workspace_id: worker.id }];
    const backfill = async () =>
      JSON.parse((await admin('/admin/memories/backfill', { mode: 'apply', rows })).text).results[0].outcome;
    expect(await backfill()).toBe('copied');
    expect((await call(worker, 'DELETE', `/v2/memories/${id}`)).status).toBe(200);
    expect(await backfill()).toBe('forgotten');
    expect((await found(worker, 'q=older')).map((memory) => memory.id)).not.toContain(id);
  });

  it.each([
    ['an unknown kind', { kind: 'planet', value: 'x' }, 400],
    ['an empty value', { kind: 'file', value: ' ' }, 400],
    ['a value that is too long', { kind: 'file', value: 'x'.repeat(513) }, 400],
    ['two characters', { kind: 'text', value: 'ab' }, 400],
    ['a workspace that is none', { kind: 'workspace', value: 'nobody' }, 400],
    ['a memory without its namespace', { kind: 'memory', value: 'x' }, 400],
  ])('of %s is refused', async (_name, subject, status) => {
    expect((await admin('/admin/memories/forget/preview', { subject })).status).toBe(status);
  });

  it('of an unknown receipt is 404', async () => {
    for (const id of [randomUUID(), 'nonsense']) {
      const answer = await tenant.call(`/admin/memories/receipts/${id}`, {
        headers: { authorization: `Bearer ${tenant.adminToken}` },
      });
      expect(answer.status).toBe(404);
    }
  });
});

describe('a pin and an end', () => {
  it('are changed without touching the text, by whoever may write there', async () => {
    const id = await remember(worker, 'pin this apricot', { namespace: `team:${root.id}` });
    const path = `/v2/memories/${id}?namespace=team:${root.id}`;
    expect((await call(peer, 'PATCH', path, { pin: true })).status).toBe(200);
    const end = new Date(Date.now() + 86_400_000).toISOString();
    const edited = await call(worker, 'PATCH', path, { expires_at: end });
    expect(JSON.parse(edited.text)).toEqual({ id, namespace: `team:${root.id}`, pin: true, expires_at: end });
    const [memory] = await found(worker, 'q=apricot');
    expect(memory).toMatchObject({ id, pin: true, expires_at: end, source_workspace_id: worker.id });
    expect(JSON.parse((await call(worker, 'PATCH', path, { pin: false, expires_at: null })).text)).toEqual({
      id,
      namespace: `team:${root.id}`,
      pin: false,
    });
  });

  it.each([
    [
      'of a namespace that is closed',
      () => `/v2/memories/x?namespace=workspace:${peer.id}`,
      { pin: true },
      404,
    ],
    ['of a memory that is not there', () => '/v2/memories/none', { pin: true }, 404],
    ['that says nothing', () => '/v2/memories/none', {}, 400],
    ['that has passed', () => '/v2/memories/none', { expires_at: '2020-01-01T00:00:00Z' }, 400],
  ])('%s is refused', async (_name, path, body, status) => {
    expect((await call(worker, 'PATCH', path(), body)).status).toBe(status);
  });
});

describe('a look through memories', () => {
  interface Suggestion {
    id: string;
    kind: string;
    memory_id: string;
    other_id: string | null;
    excerpt: string | null;
    detail: string;
  }
  const suggestions = () => tenant.asAdmin<Suggestion[]>('/admin/memories/suggestions?limit=100');
  const about = async (id: string) => (await suggestions()).find(({ memory_id }) => memory_id === id);
  const decide = async (ids: string[], decision: string) =>
    JSON.parse((await admin('/admin/memories/suggestions/decide', { ids, decision })).text).results as {
      outcome: string;
    }[];
  const LONG =
    'the release goes out on the second Thursday of each month, after the tests were read by two people';

  it('suggests duplicates and near-duplicates, and drops nothing by itself', async () => {
    const first = await remember(peer, LONG);
    const twin = await remember(peer, LONG.toUpperCase());
    const near = await remember(peer, `${LONG}!!`);
    const elsewhere = await remember(worker, LONG);
    const answer = await admin('/admin/memories/hygiene', {});
    expect(JSON.parse(answer.text)).toMatchObject({ whole: true });
    expect(await about(twin)).toMatchObject({
      kind: 'duplicate',
      other_id: first,
      excerpt: LONG.toUpperCase(),
    });
    expect(await about(near)).toMatchObject({ kind: 'near_duplicate', other_id: first });
    expect(await about(elsewhere)).toBeUndefined();
    const ids = (await found(peer, 'q=Thursday')).map(({ id }) => id);
    expect(ids).toEqual(expect.arrayContaining([first, twin, near]));
  });

  it('forgets what a person accepts, with a receipt, and asks about what was dismissed no more', async () => {
    const all = await suggestions();
    const twin = all.find(({ kind }) => kind === 'duplicate');
    const near = all.find(({ kind }) => kind === 'near_duplicate');
    expect(await decide([String(twin?.id)], 'accept')).toEqual([
      { id: twin?.id, outcome: 'forgotten', error: null },
    ]);
    expect(await decide([String(near?.id)], 'dismiss')).toEqual([
      { id: near?.id, outcome: 'dismissed', error: null },
    ]);
    expect((await decide([String(twin?.id), randomUUID()], 'accept')).map(({ outcome }) => outcome)).toEqual([
      'not_open',
      'not_open',
    ]);
    expect((await found(peer, 'q=Thursday')).map(({ id }) => id)).not.toContain(twin?.memory_id);
    const [receipt] = await tenant.asAdmin<Receipt[]>('/admin/memories/receipts');
    expect(receipt).toMatchObject({ subject: { kind: 'memory' }, memories: 1, requested_by: 'admin-token' });
    await admin('/admin/memories/hygiene', {});
    expect(await about(String(near?.memory_id))).toBeUndefined();
  });

  it('suggests to keep what is read and about to end', async () => {
    const end = new Date(Date.now() + 86_400_000).toISOString();
    const id = await remember(worker, 'the passphrase hint is greengage', { expires_at: end });
    await found(worker, 'q=greengage');
    await until(
      'its reading is noted',
      async () => {
        await admin('/admin/memories/hygiene', {});
        return (await about(id)) !== undefined;
      },
      90_000,
    );
    const suggestion = await about(id);
    expect(suggestion).toMatchObject({ kind: 'expiring' });
    expect((await decide([String(suggestion?.id)], 'accept'))[0]).toMatchObject({ outcome: 'kept' });
    const [memory] = await found(worker, 'q=greengage');
    expect(memory).not.toHaveProperty('expires_at');
  }, 120_000);
});

describe('a forgetting that is cut off', () => {
  it('goes on when the plugin is back, and after a kill', async () => {
    const other = await startScenarioTenant({ MEMORY_WRITES_PER_MINUTE: '100000' });
    try {
      const agent = await addExternalAgent(other, 'agent');
      const body = { content: 'loquat', provenance: { file: 'fruit.txt' } };
      const headers = { authorization: `Bearer ${agent.token}` };
      await other.call(`/workspaces/${agent.id}/v2/memories`, { method: 'POST', headers, body });
      const subject = { kind: 'file', value: 'fruit.txt' };
      const { confirm } = await other.asAdmin<{ confirm: string }>('/admin/memories/forget/preview', {
        method: 'POST',
        body: { subject },
      });
      pausePlugin(other, 'SIGSTOP');
      const receipt = await other.asAdmin<Receipt>('/admin/memories/forget', {
        method: 'POST',
        body: { subject, confirm },
      });
      expect(receipt).toMatchObject({ state: 'pending', memories: 1 });
      pausePlugin(other, 'SIGCONT');
      await until(
        'the receipt is done',
        async () => (await other.asAdmin<Receipt>(`/admin/memories/receipts/${receipt.id}`)).state === 'done',
        120_000,
      );
      expect(await other.asAdmin('/admin/memories/export')).toEqual([]);
    } finally {
      await other.stop();
    }
  }, 180_000);
});

/** The tenant's own plugin is its child. */
function pausePlugin({ pid }: ScenarioTenant, signal: 'SIGSTOP' | 'SIGCONT'): void {
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    try {
      const command = readFileSync(`/proc/${name}/cmdline`, 'utf8');
      const parent = /^PPid:\t(\d+)$/m.exec(readFileSync(`/proc/${name}/status`, 'utf8'))?.[1];
      if (Number(parent) === pid && command.includes('memory-plugin')) process.kill(Number(name), signal);
    } catch (error) {
      if (
        (error as NodeJS.ErrnoException).code !== 'ENOENT' &&
        (error as NodeJS.ErrnoException).code !== 'ESRCH'
      )
        throw error;
    }
  }
}

describe('what was forgotten', () => {
  it('is in no row of any table afterwards', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'molecule-forgotten-'));
    const other = await startScenarioTenant({ MEMORY_WRITES_PER_MINUTE: '100000' }, { dataDir });
    const word = `forgotten${randomUUID().replaceAll('-', '')}`;
    const kept = `kept${randomUUID().replaceAll('-', '')}`;
    try {
      const agent = await addExternalAgent(other, 'agent');
      const headers = { authorization: `Bearer ${agent.token}` };
      for (const content of [word, kept])
        for (const scope of ['LOCAL', 'TEAM', 'GLOBAL'])
          await other.call(`/workspaces/${agent.id}/memories`, {
            method: 'POST',
            headers,
            body: { content, scope },
          });
      const subject = { kind: 'text', value: word };
      const { confirm } = await other.asAdmin<{ confirm: string }>('/admin/memories/forget/preview', {
        method: 'POST',
        body: { subject },
      });
      await other.asAdmin('/admin/memories/forget', { method: 'POST', body: { subject, confirm } });
    } finally {
      await other.stop();
    }
    const texts = await everyRow(dataDir);
    expect(texts.filter((text) => text.includes(word))).toEqual([]);
    expect(texts.filter((text) => text.includes(kept)).length).toBeGreaterThanOrEqual(3);
    await rm(dataDir, { recursive: true, force: true });
  }, 120_000);
});

/** Every row of every table in every schema of ours, as text. */
async function everyRow(dataDir: string): Promise<string[]> {
  const server = new EmbeddedPostgres({ dataDir, log: createLog({ level: 'silent' }) });
  await server.start();
  const db = new Db(server.connection());
  try {
    const tables = await db.query<{ name: string }>(
      `select format('%I.%I', schemaname, tablename) as name from pg_tables
       where schemaname not in ('pg_catalog', 'information_schema')`,
    );
    const rows = await Promise.all(
      tables.map(({ name }) => db.query<{ row: string }>(`select t::text as row from ${name} t`)),
    );
    return rows.flat().map(({ row }) => row);
  } finally {
    await db.end();
    await server.stop();
  }
}
