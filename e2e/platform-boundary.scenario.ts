// Platform boundary: what is planted inside a tenant, each kind of it, is nowhere in the platform's database, logs and files;
// and the platform does not grow with what its tenants keep.

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Db } from '@molecule/postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifies } from './requirements.ts';
import { until } from './support/api.ts';
import { BOOT_LIMIT_MS, formsOf, type HostedOrg, makeOrgs } from './support/hosted-orgs.ts';
import { databaseOptionsOf, type ScenarioPlatform, startPlatform } from './support/platform.ts';

const SPARE_BYTES = 64 * 1024;
const GROWN = 1_000;
const FILES_AT_ONCE = 200;
const canary = (kind: string) => `canary-${kind}-${crypto.randomUUID()}`;

let platform: ScenarioPlatform;
let org: HostedOrg;
let workspaceId: string;

beforeAll(async () => {
  // Whatever the platform would ever log, it logs.
  platform = await startPlatform({ LOG_LEVEL: 'debug' });
  org = (await makeOrgs(platform, ['alpha']))[0] as HostedOrg;
}, 2 * BOOT_LIMIT_MS);
afterAll(() => platform?.stop(), BOOT_LIMIT_MS);

/** The platform's own database, read the way a thief of a dump would. */
async function withDatabase<T>(read: (db: Db) => Promise<T>): Promise<T> {
  const db = new Db(databaseOptionsOf(platform));
  return read(db).finally(() => db.end());
}

const tables = (db: Db) =>
  db.query<{ name: string }>(
    `select quote_ident(relname) as name from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace order by 1`,
  );

function dump(): Promise<string> {
  return withDatabase(async (db) => {
    const lines: string[] = [];
    for (const { name } of await tables(db)) {
      const rows = await db.query<{ row: string }>(`select t::text as row from ${name} t`);
      lines.push(...rows.map(({ row }) => `${name} ${row}`));
    }
    return lines.join('\n');
  });
}

/** Everything below the data folder that is the platform's: all of it but what belongs to the tenants themselves. */
function platformFiles(): string[] {
  const found: string[] = [];
  const walk = (folder: string, isTenant: boolean) => {
    for (const name of readdirSync(folder)) {
      if (isTenant && name === 'data') continue;
      const path = join(folder, name);
      const info = statSync(path, { throwIfNoEntry: false });
      if (info?.isDirectory()) walk(path, folder === join(platform.dataDir, 'tenants'));
      else if (info?.isFile()) found.push(path);
    }
  };
  walk(platform.dataDir, false);
  return found;
}

/** Where the platform holds the text, in any of its forms. */
async function placesOf(text: string): Promise<string[]> {
  const forms = formsOf(text);
  const isIn = (held: string | Buffer) => forms.some((form) => held.includes(form));
  const database = (await dump()).split('\n').filter(isIn);
  const files = platformFiles().filter((path) => isIn(readFileSync(path)));
  return [...database, ...files, ...(isIn(platform.output()) ? ['what the platform printed'] : [])];
}

interface Plant {
  kind: string;
  /** Plants it, and answers what the tenant then says that must hold it. */
  plant(text: string): Promise<string>;
}

const at = (rest: string) => `/workspaces/${workspaceId}${rest}`;
async function done(path: string, method: string, body: unknown): Promise<Record<string, unknown>> {
  const answer = await org.inside(path, method, body);
  if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
  return answer.body;
}
const shown = async (path: string) => (await org.inside(path)).text;
/** With a token of the workspace: nobody else is given its secrets. Its restart replaces the token, so another is asked for. */
const secretValues = () =>
  until('the workspace reads its secrets', async () => {
    const { auth_token } = await done(at('/tokens'), 'POST', {});
    const headers = { authorization: `Bearer ${auth_token}` };
    const answer = await platform.call(at('/secrets/values'), { host: org.host, headers });
    return answer.status === 200 && answer.text;
  });

const PLANTS: Plant[] = [
  {
    kind: 'name and role',
    plant: async (text) => {
      const made = await done('/workspaces', 'POST', {
        name: text,
        role: `${text}-role`,
        runtime: 'rehearsal',
      });
      workspaceId = String(made.id);
      const listed = await shown('/workspaces');
      expect(listed).toContain(`${text}-role`);
      return listed;
    },
  },
  {
    kind: 'prompt',
    plant: async (text) => {
      await until(
        'the agent is there',
        async () => (await shown(at(''))).includes('"online"'),
        BOOT_LIMIT_MS,
      );
      const parts = [{ kind: 'text', text }];
      const message = { role: 'user', kind: 'message', messageId: crypto.randomUUID(), parts };
      await done(at('/a2a'), 'POST', {
        jsonrpc: '2.0',
        id: '1',
        method: 'message/send',
        params: { message },
      });
      return shown(at('/activity'));
    },
  },
  {
    kind: 'memory',
    plant: async (text) => {
      await done(at('/memories'), 'POST', { content: text, scope: 'LOCAL' });
      return shown(at('/memories?scope=LOCAL'));
    },
  },
  {
    kind: 'key and value',
    plant: async (text) => {
      await done(at('/memory'), 'POST', { key: 'kept', value: text });
      return shown(at('/memory/kept'));
    },
  },
  {
    kind: 'file',
    plant: async (text) => {
      await done(at('/files/notes.md'), 'PUT', { content: text });
      return shown(at('/files/notes.md'));
    },
  },
  {
    kind: 'file name',
    plant: async (text) => {
      await done(at(`/files/${text}.md`), 'PUT', { content: 'a name says something too' });
      return shown(at('/files'));
    },
  },
  {
    kind: 'secret',
    plant: async (text) => {
      await done(at('/secrets'), 'POST', { key: 'CANARY_KEY', value: text });
      return secretValues();
    },
  },
  {
    kind: 'secret of everybody',
    plant: async (text) => {
      await done('/settings/secrets', 'PUT', { key: 'SHARED_CANARY', value: text });
      return secretValues();
    },
  },
  {
    kind: 'activity',
    plant: async (text) => {
      await done(at('/activity'), 'POST', { activity_type: 'a2a_receive', summary: text });
      return shown(at('/activity'));
    },
  },
  {
    kind: 'name of a token',
    plant: async (text) => {
      await done('/org/tokens', 'POST', { name: text.slice(0, 60) });
      return (await shown('/org/tokens')).replaceAll(text.slice(0, 60), text);
    },
  },
];

describe('what happens inside a tenant', () => {
  const planted: { kind: string; text: string }[] = [];

  it.each(PLANTS)(
    verifies('platform.boundary', 'is there once it is planted: $kind'),
    async ({ kind, plant }) => {
      const text = canary(kind.replaceAll(' ', '-'));
      expect(await plant(text)).toContain(text);
      planted.push({ kind, text });
    },
    BOOT_LIMIT_MS,
  );

  it(
    verifies('platform.boundary', 'is nowhere in the database, the logs and the files of the platform'),
    async () => {
      expect(planted.map(({ kind }) => kind)).toEqual(PLANTS.map(({ kind }) => kind));
      // The search finds what the platform does keep: a name that was given at its own door, in a row and in a file.
      const name = canary('name-at-the-door');
      expect((await org.asOwner('/cp/orgs/alpha', 'PATCH', { name })).status).toBe(200);
      expect((await placesOf(name)).some((place) => place.startsWith('orgs '))).toBe(true);
      await withDatabase((db) => db.query('checkpoint'));
      expect((await placesOf(name)).some((place) => place.startsWith(platform.dataDir))).toBe(true);
      for (const { kind, text } of planted) expect([kind, await placesOf(text)]).toEqual([kind, []]);
    },
    BOOT_LIMIT_MS,
  );

  it(
    verifies('platform.boundary', 'is told by no operation of the platform, operators included'),
    async () => {
      const rests = ['', '/export', '/usage', '/metrics', '/workspaces', '/provision-status', '/members'];
      const answers = [
        ...(await Promise.all(rests.map((rest) => org.asOwner(`/cp/orgs/alpha${rest}`)))),
        ...(await Promise.all(
          ['audit', 'orgs', 'stats', 'tenants/alpha/diagnostics', 'tenants/alpha/boot-events'].map((path) =>
            platform.asOperator(`/cp/admin/${path}`),
          ),
        )),
      ];
      for (const { status, text: said } of answers) {
        expect([status, said]).toEqual([200, said]);
        for (const { text } of planted) expect(said).not.toContain(text);
      }
    },
  );
});

describe('the database of the platform', () => {
  const measure = () =>
    withDatabase(async (db) => {
      const rows: Record<string, number> = {};
      for (const { name } of await tables(db))
        rows[name] = (await db.query<{ n: number }>(`select count(*)::int as n from ${name}`))[0]?.n ?? -1;
      await db.query('vacuum');
      const [size] = await db.query<{ bytes: number }>(
        `select sum(pg_total_relation_size(oid))::bigint as bytes from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace`,
      );
      return { rows, bytes: size?.bytes ?? -1 };
    });
  const inTenant = async () => ({
    memories: (JSON.parse(await shown('/admin/memories/export')) as unknown[]).length,
    files: (JSON.parse(await shown(at('/files?path=grown'))) as unknown[]).length,
  });

  it(
    verifies('platform.boundary', 'stays the same while what a tenant keeps grows a thousandfold'),
    async () => {
      const before = await measure();
      const few = await inTenant();
      const memories = Array.from({ length: GROWN * few.memories }, (_, i) => ({
        content: `grown ${i} ${'x'.repeat(200)}`,
        scope: 'LOCAL',
        workspace_id: workspaceId,
      }));
      const imported = await done('/admin/memories/import', 'POST', memories);
      expect(imported).toMatchObject({ imported: memories.length, errors: 0 });
      for (let from = 0; from < GROWN; from += FILES_AT_ONCE) {
        const entries = Array.from({ length: FILES_AT_ONCE }, (_, i) => [
          `grown/${from + i}.md`,
          'x'.repeat(500),
        ]);
        await done(at('/files'), 'PUT', { files: Object.fromEntries(entries) });
      }
      const many = await inTenant();
      expect(many.memories / few.memories).toBeGreaterThanOrEqual(GROWN);
      expect(many.files).toBeGreaterThanOrEqual(GROWN);
      const after = await measure();
      expect(after.rows).toEqual(before.rows);
      expect(after.bytes - before.bytes).toBeLessThanOrEqual(SPARE_BYTES);
    },
    BOOT_LIMIT_MS,
  );
});
