// Leaving: a hosted organisation is exported through its public name as one archive, a self-hosted tenant takes it in, and
// afterwards the platform deletes what it had of it.

import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gunzipSync, gzipSync } from 'node:zlib';
import { Db } from '@molecule/postgres';
import { HOSTILE_ARCHIVES, type HostileEntry } from '@molecule/testkit';
import { extract, pack } from 'tar-stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifies } from './requirements.ts';
import { until } from './support/api.ts';
import { BOOT_LIMIT_MS, type HostedOrg, makeOrgs } from './support/hosted-orgs.ts';
import { databaseOptionsOf, type ScenarioPlatform, startPlatform } from './support/platform.ts';
import { processesOf } from './support/processes.ts';
import { type ScenarioTenant, startScenarioTenant } from './support/tenant.ts';

const SECRET = `secret-${crypto.randomUUID()}`;
const BIG = Buffer.alloc(3 * 1024 * 1024, 'molecule ').toString();

let platform: ScenarioPlatform;
let source: HostedOrg;
let target: ScenarioTenant;
let token: string;
const ids: Record<string, string> = {};
let archive: Buffer;

beforeAll(async () => {
  platform = await startPlatform();
  source = (await makeOrgs(platform, ['alpha']))[0] as HostedOrg;
  target = await startScenarioTenant({ WORKSPACE_BACKEND: 'process' });
}, 2 * BOOT_LIMIT_MS);
afterAll(async () => {
  await Promise.all([platform?.stop(), target?.stop()]);
}, BOOT_LIMIT_MS);

async function done(path: string, method = 'POST', body?: unknown): Promise<Record<string, unknown>> {
  const answer = await source.inside(path, method, body);
  if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
  return answer.body;
}

/** As a program that has an organisation token: the archive is bytes, and it comes through the edge. */
function download(): Promise<{ status: number; bytes: Buffer; type: string }> {
  return new Promise((resolve, reject) => {
    const headers = { host: source.host, authorization: `Bearer ${token}` };
    const options = { host: '127.0.0.1', port: platform.port, path: '/admin/export', headers };
    httpRequest(options, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          bytes: Buffer.concat(chunks),
          type: String(response.headers['content-type']),
        }),
      );
    })
      .on('error', reject)
      .end();
  });
}

async function bringIn(bytes: Buffer, query = '', type = 'application/gzip') {
  const response = await fetch(`${target.url}/admin/import${query}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${target.adminToken}`, 'content-type': type },
    body: new Uint8Array(bytes),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

/** Beside what the scenario makes, the demo organisation stands in a new tenant. */
async function chartOf(): Promise<Record<string, unknown>[]> {
  return JSON.parse((await source.inside('/workspaces')).text) as Record<string, unknown>[];
}

interface Entry {
  name: string;
  content: Buffer;
}

async function entriesOf(bytes: Buffer): Promise<Entry[]> {
  const found: Entry[] = [];
  const reading = extract();
  reading.on('entry', (header, stream, next) => {
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('end', () => {
      found.push({ name: header.name, content: Buffer.concat(chunks) });
      next();
    });
  });
  await new Promise((resolve, reject) => {
    reading.on('finish', resolve).on('error', reject);
    Readable.from([gunzipSync(bytes)]).pipe(reading);
  });
  return found;
}

async function archiveOf(entries: readonly (Entry | HostileEntry)[]): Promise<Buffer> {
  const tar = pack();
  for (const { content = '', ...header } of entries) tar.entry(header, content);
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar) chunks.push(chunk as Buffer);
  return gzipSync(Buffer.concat(chunks));
}

const json = (name: string, value: unknown): Entry => ({ name, content: Buffer.from(JSON.stringify(value)) });

describe('an organisation that leaves', () => {
  it(
    verifies('platform.leaving', 'is told to pause what runs, and then comes out whole'),
    async () => {
      token = String((await done('/org/tokens', 'POST', { name: 'leaving' })).auth_token);
      const made = async (name: string, parent: string | null, more = {}) => {
        const body = { name, role: `role of ${name}`, parent_id: parent, runtime: 'rehearsal', ...more };
        ids[name] = String((await done('/workspaces', 'POST', body)).id);
      };
      await made('Lead', null, { canvas: { x: 120, y: -40 }, budget_limit: 500 });
      await made('Writer', ids.Lead ?? null, { max_concurrent_tasks: 3, hibernation_idle_minutes: 30 });
      await made('Far', ids.Lead ?? null, { external: true, runtime: 'external' });
      const statusOf = async (name: string) => (await done(`/workspaces/${ids[name]}`, 'GET')).status;
      for (const name of ['Lead', 'Writer'])
        await until(`${name} is online`, async () => (await statusOf(name)) === 'online', BOOT_LIMIT_MS);
      const at = `/workspaces/${ids.Writer}`;
      await done(`${at}/files/notes.md`, 'PUT', { content: 'kept in the configuration' });
      await done(`${at}/files/deep/down/big.txt?root=/workspace`, 'PUT', { content: BIG });
      await done(`${at}/memory`, 'POST', { key: 'kept', value: { a: [1, null] } });
      await done(`${at}/memories`, 'POST', { content: 'the writer remembers', scope: 'LOCAL' });
      await done(`${at}/memories`, 'POST', { content: 'the team remembers', scope: 'TEAM' });
      await done(`${at}/activity`, 'POST', { activity_type: 'a2a_receive', summary: 'something happened' });
      await done('/settings/secrets', 'PUT', { key: 'SHARED_KEY', value: SECRET });
      await done(`${at}/secrets`, 'POST', { key: 'OWN_KEY', value: SECRET });
      await until('the writer is back', async () => (await statusOf('Writer')) === 'online', BOOT_LIMIT_MS);

      const early = await download();
      expect([early.status, JSON.parse(early.bytes.toString()).error]).toEqual([
        409,
        expect.stringMatching(/^pause these first.*: .* and \d+ more$/),
      ]);
      for (const row of await chartOf())
        if (row.parent_id === null) await done(`/workspaces/${row.id}/pause`);
      const whole = await until(
        'nothing runs any more',
        async () => {
          const answer = await download();
          return answer.status === 200 && answer;
        },
        BOOT_LIMIT_MS,
      );
      expect(whole.type).toBe('application/gzip');
      archive = whole.bytes;
      const names = (await entriesOf(archive)).map(({ name }) => name);
      expect(names[0]).toBe('manifest.json');
      expect(names.at(-1)).toBe('end.json');
      expect(names).toContain(`units/${ids.Writer}/workspace/deep/down/big.txt`);
    },
    2 * BOOT_LIMIT_MS,
  );

  it(verifies('platform.leaving', 'takes no key, token, session or value of a secret along'), async () => {
    const entries = await entriesOf(archive);
    const text = Buffer.concat(entries.map(({ content }) => content)).toString('latin1');
    expect(text).toContain('the writer remembers');
    expect(text).toContain('SHARED_KEY');
    const digest = createHash('sha256').update(token).digest('hex');
    for (const key of [SECRET, token, digest, source.cookie.split('=')[1] ?? source.cookie])
      expect(text.includes(key)).toBe(false);
    const kinds = new Set(entries.map(({ name }) => name.split('/').slice(0, 2).join('/')));
    for (const table of ['org_tokens', 'workspace_tokens', 'sessions', 'secrets'])
      expect(kinds.has(`rows/${table}`)).toBe(false);
  });
});

describe('a tenant that takes an organisation in', () => {
  const expectedNow = async () => ({
    workspaces: { made: (await chartOf()).length, already_there: 0 },
    memories: { imported: (await memoriesOf()).length, skipped: 0, errors: 0 },
    secrets_to_set: [
      { workspace_id: null, name: 'SHARED_KEY' },
      { workspace_id: expect.any(String), name: 'OWN_KEY' },
    ],
    warnings: [],
  });
  const memoriesOf = async () =>
    JSON.parse((await source.inside('/admin/memories/export')).text) as Record<string, unknown>[];
  const briefly = (rows: Record<string, unknown>[]) =>
    rows.map(({ content, scope, workspace_id }) => `${workspace_id} ${scope} ${content}`).sort();
  const own = <T = Record<string, unknown>>(path: string) => target.asAdmin<T>(path);

  it(verifies('platform.leaving', 'sees in a dry run what would come, and nothing comes'), async () => {
    const { status, body } = await bringIn(archive, '?dry_run=true');
    expect([status, body]).toEqual([
      200,
      expect.objectContaining({ ...(await expectedNow()), dry_run: true }),
    ]);
    expect(await own('/workspaces')).toEqual([]);
  });

  it(verifies('platform.leaving', 'has the chart, the records and the memories, paused'), async () => {
    const { status, body } = await bringIn(archive);
    expect([status, body]).toEqual([
      200,
      expect.objectContaining({ ...(await expectedNow()), dry_run: false }),
    ]);
    expect(body.rows).toMatchObject({ key_values: 1 });
    expect(body.bytes).toBeGreaterThanOrEqual(BIG.length);
    const kept = ['id', 'name', 'role', 'tier', 'parent_id', 'x', 'y', 'runtime', 'status', 'budget_limit'];
    const brief = (rows: Record<string, unknown>[]) =>
      rows
        .map((row) => Object.fromEntries(kept.map((field) => [field, row[field]])))
        .sort((a, b) => String(a.name).localeCompare(String(b.name)));
    const there = await chartOf();
    const here = await own<Record<string, unknown>[]>('/workspaces');
    expect(brief(here)).toEqual(brief(there));
    expect(new Set(here.map(({ status: is }) => is))).toEqual(new Set(['paused']));
    const at = `/workspaces/${ids.Writer}`;
    expect(await own(`${at}/memory/kept`)).toMatchObject({ value: { a: [1, null] } });
    expect(JSON.stringify(await own(`${at}/activity`))).toContain('something happened');
    const remembered = briefly(await own<Record<string, unknown>[]>('/admin/memories/export'));
    expect(remembered).toEqual(briefly(await memoriesOf()));
    expect(remembered).toContain(`${ids.Writer} TEAM the team remembers`);
  });

  it(verifies('platform.leaving', 'changes nothing by taking it in twice'), async () => {
    const before = await own('/admin/memories/export');
    const { status, body } = await bringIn(archive);
    expect(status).toBe(200);
    const there = (await chartOf()).length;
    expect(body.workspaces).toEqual({ made: 0, already_there: there });
    expect(Object.values(body.rows as Record<string, number>).every((count) => count === 0)).toBe(true);
    expect(body.memories).toEqual({ imported: 0, skipped: (before as unknown as []).length, errors: 0 });
    expect(await own('/admin/memories/export')).toEqual(before);
  });

  it(
    verifies('platform.leaving', 'runs its agents again, with their configuration and files'),
    async () => {
      await target.asAdmin(`/workspaces/${ids.Lead}/resume`, { method: 'POST' });
      const at = `/workspaces/${ids.Writer}`;
      await until('the writer works', async () => (await own(at)).status === 'online', BOOT_LIMIT_MS);
      expect((await own(`${at}/files/notes.md`)).content).toBe('kept in the configuration');
      const big = await own(`${at}/files/deep/down/big.txt?root=/workspace`);
      expect(big.content).toBe(BIG);
      const again = await bringIn(archive);
      expect([again.status, again.body.error]).toEqual([409, expect.stringContaining('still running')]);
    },
    BOOT_LIMIT_MS,
  );
});

describe('what is no whole export', () => {
  const manifest = json('manifest.json', {
    format: 'molecule-organisation',
    version: 1,
    exported_at: '2030-01-01T00:00:00Z',
  });
  const end = json('end.json', { entries: 1 });
  const workspace = async () => {
    const found = (await entriesOf(archive)).find(({ name }) => name.startsWith('chart/'));
    return JSON.parse(String(found?.content)) as { workspace: Record<string, unknown>; files: unknown };
  };
  const stranger = async (over: Record<string, unknown>) => {
    const { workspace: known } = await workspace();
    return json('chart/000001.json', {
      workspace: { ...known, id: crypto.randomUUID(), ...over },
      files: {},
    });
  };

  it.each<[string, () => Promise<Buffer>, string]>([
    ['no gzip', async () => Buffer.from('hello'), 'it is damaged or was broken off'],
    ['half an archive', async () => archive.subarray(0, 2_000), 'it is damaged or was broken off'],
    ['an archive without its end', () => archiveOf([manifest]), 'its end is missing'],
    ['another archive', () => archiveOf([json('x.json', {}), end]), 'it does not begin with manifest.json'],
    [
      'a version of the future',
      () => archiveOf([json('manifest.json', { format: 'molecule-organisation', version: 2 }), end]),
      'manifest.json is not as it has to be',
    ],
    ['something after the end', () => archiveOf([manifest, end, end]), 'something follows its end'],
    [
      'records of an unknown kind',
      () => archiveOf([manifest, { name: 'rows/sessions/000001.ndjson', content: Buffer.from('{}') }, end]),
      'it has records that nobody knows: sessions',
    ],
    [
      'an entry that nobody knows',
      () => archiveOf([manifest, json('etc/passwd', 1), end]),
      'it has an entry that nobody knows: etc/passwd',
    ],
    [
      'a child before its parent',
      async () => archiveOf([manifest, await stranger({ parentId: crypto.randomUUID() }), end]),
      'a workspace comes before the one above it',
    ],
    [
      'a workspace with a field out of range',
      async () => archiveOf([manifest, await stranger({ tier: 9 }), end]),
      'chart/000001.json is not as it has to be',
    ],
    [
      'files of a workspace that is not in it',
      () => archiveOf([manifest, json(`units/${ids.Writer}/workspace/x`, 1), end]),
      'it has files of a workspace that is not in its chart',
    ],
    [
      'lines that are no JSON',
      () =>
        archiveOf([manifest, { name: 'rows/activity/000001.ndjson', content: Buffer.from('{"a":') }, end]),
      'rows/activity/000001.ndjson is no JSON',
    ],
  ])(verifies('platform.leaving', 'is refused with a sentence: %s'), async (_, make, why) => {
    const idsHere = async () =>
      (await target.asAdmin<{ id: string }[]>('/workspaces')).map(({ id }) => id).sort();
    const before = await idsHere();
    const { status, body } = await bringIn(await make());
    expect([status, body.error]).toEqual([400, `this is no export of an organisation: ${why}`]);
    expect(await idsHere()).toEqual(before);
  });

  it.each(HOSTILE_ARCHIVES)(
    verifies('platform.leaving', 'puts no file beyond the folder of a workspace: $name'),
    async ({ entries, brings }) => {
      const chart = await stranger({ parentId: null });
      const { id } = (JSON.parse(String(chart.content)) as { workspace: { id: string } }).workspace;
      const inFolder = (path: string) => `units/${id}/workspace/${path}`;
      const files = entries.map(({ pax, ...entry }) => ({
        ...entry,
        name: inFolder(entry.name),
        ...(pax ? { pax: { path: inFolder(pax.path ?? '') } } : {}),
      }));
      const { status } = await bringIn(await archiveOf([manifest, chart, ...files, end]));
      expect(status).toBe(brings ? 200 : 400);
      const folder = join(target.dataDir, 'workspaces', `ws-${id}`);
      for (const [path, content] of Object.entries(brings ?? {}))
        expect(await readFile(join(folder, 'workspace', path), 'utf8')).toBe(content);
      for (const other of ['.', 'sessions', 'configs', '..', '../..'])
        expect(await readdir(join(folder, other))).not.toContain('planted');
    },
  );

  it(verifies('platform.leaving', 'cannot put records into a workspace that it does not bring'), async () => {
    const line = {
      workspace_id: ids.Writer,
      key: 'planted',
      value: 1,
      version: 1,
      expires_at: null,
      updated_at: '2030-01-01T00:00:00Z',
      bytes: 1,
    };
    const rows = json('rows/key_values/000001.ndjson', line);
    const { status, body } = await bringIn(await archiveOf([manifest, rows, end]));
    expect([status, body.rows]).toEqual([200, { key_values: 0 }]);
    const planted = await target.call(`/workspaces/${ids.Writer}/memory/planted`, {
      headers: { authorization: `Bearer ${target.adminToken}` },
    });
    expect(planted.status).toBe(404);
  });

  it(verifies('platform.leaving', 'is told how to be sent'), async () => {
    const { status, body } = await bringIn(Buffer.from('{}'), '', 'application/json');
    expect([status, body.error]).toEqual([400, 'send the archive as application/gzip']);
  });
});

describe('after an organisation has left', () => {
  it(
    verifies('platform.leaving', 'its deletion leaves no resource, and no row but those of the audit'),
    async () => {
      const folder = join(platform.dataDir, 'tenants', source.id);
      const withDatabase = async <T>(read: (db: Db) => Promise<T>) => {
        const db = new Db(databaseOptionsOf(platform));
        return read(db).finally(() => db.end());
      };
      const holding = () =>
        withDatabase(async (db) => {
          const tables = await db.query<{ name: string }>(
            `select quote_ident(relname) as name from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace order by 1`,
          );
          const found: string[] = [];
          for (const { name } of tables) {
            const rows = await db.query<{ row: string }>(`select t::text as row from ${name} t`);
            if (rows.some(({ row }) => [source.id, 'alpha@example.test'].some((text) => row.includes(text))))
              found.push(name);
          }
          return found;
        });
      expect(await holding()).toEqual(
        expect.arrayContaining(['org_members', 'orgs', 'tenant_instances', 'users']),
      );
      const deleted = await source.asOwner('/cp/orgs/alpha', 'DELETE', { confirm: 'alpha' });
      expect(deleted.status).toBe(204);
      expect(await holding()).toEqual(['org_purges', 'platform_audit']);
      expect([existsSync(folder), processesOf(folder)]).toEqual([false, []]);
      expect(readdirSync(join(platform.dataDir, 'tenants'))).toEqual([]);
      const stats = (await platform.asOperator('/cp/admin/stats')).body;
      expect([stats.orphan_claims, stats.open_purges]).toEqual([0, 0]);
      expect((await platform.call('/health', { host: source.host })).status).toBe(404);
    },
    BOOT_LIMIT_MS,
  );
});
