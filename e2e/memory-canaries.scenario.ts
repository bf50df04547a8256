// Memory canaries: credentials of every known form go in through every entry that memory has. Afterwards every byte that the
// tenant keeps (database files, write-ahead log, server logs) is searched for them: none is there. A word beside each of
// them is, so the search can see.

import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  addExternalAgent,
  type ExternalAgent,
  type ScenarioTenant,
  startScenarioTenant,
} from './support/tenant.ts';

let dataDir: string;
let tenant: ScenarioTenant;
let root: ExternalAgent;
let worker: ExternalAgent;
const canaries: string[] = [];
const witnesses: string[] = [];

/** Letters and digits, both cases, never twice the same. */
const body = (length: number): string =>
  randomBytes(length * 2)
    .toString('base64')
    .replaceAll(/[^A-Za-z0-9]/g, '')
    .slice(0, length);

const FORMS: [string, (canary: string) => string, number][] = [
  ['an API key', (c) => `OPENAI_API_KEY=${c}`, 24],
  ['a token', (c) => `deploy_token = ${c}`, 24],
  ['a secret', (c) => `CLIENT_SECRET=${c}`, 24],
  ['a password', (c) => `DB_PASSWORD=${c}`, 24],
  ['a bearer', (c) => `Bearer ${c}`, 24],
  ['a model key', (c) => `sk-${c}`, 40],
  ['a ctx7 key', (c) => `ctx7_${c}`, 24],
  ['a blob', (c) => `${c}Aa1==`, 60],
  ['a forge token', (c) => `ghp_${c}`, 36],
  ['a chat token', (c) => `xoxb-${c}`, 30],
  ['a web token', (c) => [`eyJ${body(20)}`, `eyJ${c}`, body(40)].join('.'), 30],
  ['a password in a URL', (c) => `postgres://app:${c}@db/app`, 24],
  [
    'a private key',
    (c) => ['BEGIN', 'END'].map((word) => `-----${word} PRIVATE KEY-----`).join(`\n${c}\n`),
    64,
  ],
];

/** One text with a fresh credential of each form, and a word that must survive. */
function text(): string {
  const witness = `witness${randomBytes(9).toString('hex')}`;
  witnesses.push(witness);
  const secrets = FORMS.map(([, write, length]) => {
    const canary = body(length);
    canaries.push(canary);
    return write(canary);
  });
  return `${witness} saw ${secrets.join(' and ')}`;
}

const send = async (who: ExternalAgent, path: string, content: Record<string, unknown>): Promise<void> => {
  const answer = await tenant.call(`/workspaces/${who.id}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${who.token}` },
    body: content,
  });
  expect([answer.status, answer.text]).toEqual([201, expect.any(String)]);
};

const admin = (path: string, content: unknown) => tenant.asAdmin(path, { method: 'POST', body: content });

const ENTRIES: [string, () => Promise<unknown>][] = [
  ['LOCAL', () => send(worker, '/memories', { content: text(), scope: 'LOCAL' })],
  ['TEAM', () => send(worker, '/memories', { content: text(), scope: 'TEAM' })],
  ['GLOBAL', () => send(root, '/memories', { content: text(), scope: 'GLOBAL' })],
  ['a namespace', () => send(worker, '/v2/memories', { content: text() })],
  ['the team by name', () => send(worker, '/v2/memories', { content: text(), namespace: `team:${root.id}` })],
  ['everybody by name', () => send(root, '/v2/memories', { content: text(), namespace: `org:${root.id}` })],
  ['a summary', () => send(worker, '/v2/memories', { content: text(), kind: 'summary' })],
  [
    'a new workspace',
    () =>
      tenant.asAdmin('/workspaces', {
        method: 'POST',
        headers: { 'idempotency-key': 'canary' },
        body: {
          name: 'heir',
          external: true,
          initial_memories: [{ content: text() }, { content: text(), scope: 'GLOBAL' }],
        },
      }),
  ],
  [
    'an organisation template',
    () =>
      admin('/org/import', {
        template: {
          name: 'Canaries',
          defaults: { initial_memories: [{ content: text() }] },
          global_memories: [{ content: text(), scope: 'LOCAL' }],
          workspaces: [
            {
              name: 'Template root',
              external: true,
              children: [
                {
                  name: 'Template child',
                  external: true,
                  initial_memories: [{ content: text(), scope: 'team' }],
                },
              ],
            },
          ],
        },
      }),
  ],
  [
    'an import',
    () => admin('/admin/memories/import', [{ content: text(), scope: 'LOCAL', workspace_name: 'worker' }]),
  ],
  [
    'a backfill',
    () =>
      admin('/admin/memories/backfill', {
        mode: 'apply',
        rows: ['LOCAL', 'TEAM', 'GLOBAL'].map((scope) => ({
          id: crypto.randomUUID(),
          content: text(),
          scope,
          workspace_id: worker.id,
        })),
      }),
  ],
];

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'molecule-canaries-'));
  tenant = await startScenarioTenant(
    { LOG_LEVEL: 'debug', MEMORY_WRITES_PER_MINUTE: '1000000' },
    { dataDir },
  );
  root = await addExternalAgent(tenant, 'root');
  worker = await addExternalAgent(tenant, 'worker', root.id);
});

afterAll(async () => {
  await tenant?.stop();
  await rm(dataDir, { recursive: true, force: true });
});

/** Every file below, with its bytes. */
function* filesBelow(folder: string): Generator<[string, Buffer]> {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    const kind = statSync(path);
    if (kind.isDirectory()) yield* filesBelow(path);
    else if (kind.isFile()) yield [path, readFileSync(path)];
  }
}

it.each(ENTRIES)('credentials come in through %s', async (_name, enter) => {
  const before = canaries.length;
  await enter();
  expect(canaries.length).toBeGreaterThanOrEqual(before + FORMS.length);
});

it('and a search for one leaves no trace of it', async () => {
  const answer = await tenant.call(`/workspaces/${worker.id}/memories?q=${canaries[0]}`, {
    headers: { authorization: `Bearer ${worker.token}` },
  });
  expect([answer.status, answer.text]).toEqual([200, '[]']);
});

it('every memory is there, and no credential in any answer', async () => {
  const rows = await tenant.asAdmin<{ content: string }[]>('/admin/memories/export');
  const all = rows.map(({ content }) => content).join('\n');
  expect(witnesses.filter((witness) => !all.includes(witness))).toEqual([]);
  expect(canaries.filter((canary) => all.includes(canary))).toEqual([]);
});

it('and no credential at rest, in no file of the tenant, while every witness is', async () => {
  await tenant.stop();
  const found: string[] = [];
  const unseen = new Set(witnesses);
  for (const [path, bytes] of filesBelow(dataDir)) {
    for (const canary of canaries) if (bytes.includes(canary)) found.push(path.slice(dataDir.length));
    for (const witness of unseen) if (bytes.includes(witness)) unseen.delete(witness);
  }
  expect(found).toEqual([]);
  expect([...unseen]).toEqual([]);
}, 120_000);
