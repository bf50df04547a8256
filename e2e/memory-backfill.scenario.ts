// Memory backfill: the memories of an older installation's table, or of an exported file, brought in by the command,
// compared row by row, and taken out again.

import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type TestDatabase, testDatabase } from '@molecule/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  addExternalAgent,
  type ExternalAgent,
  type ScenarioTenant,
  startScenarioTenant,
} from './support/tenant.ts';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const SECRET = `sk-ant-${'a1B2c3D4'.repeat(5)}`;

let tenant: ScenarioTenant;
let folder: string;
let old: TestDatabase;
let root: ExternalAgent;
let worker: ExternalAgent;
/** By name, for what is asked about later. */
const ids: Record<string, string> = {};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'molecule-backfill-'));
  tenant = await startScenarioTenant({ MEMORY_WRITES_PER_MINUTE: '1000000' });
  root = await addExternalAgent(tenant, 'root');
  worker = await addExternalAgent(tenant, 'worker', root.id);
  old = await testDatabase();
  await old.db.query(`create table agent_memories (id uuid primary key, workspace_id uuid not null, content text not null,
    scope text not null, namespace text default 'general', created_at timestamptz not null)`);
  const rows: [string, string, string, string][] = [
    ['own', worker.id, 'the printer is on floor 3', 'LOCAL'],
    ['team', worker.id, `the key is ${SECRET}`, 'TEAM'],
    ['all', root.id, 'we ship on Fridays', 'GLOBAL'],
    ['all of nobody', worker.id, 'we do not ship on Mondays', 'GLOBAL'],
    ['stranger', randomUUID(), 'who am I?', 'LOCAL'],
    ['elsewhere', worker.id, 'a scope of another kind', 'PLANET'],
    ['blank', worker.id, '  ', 'LOCAL'],
  ];
  for (const [name, workspaceId, content, scope] of rows) {
    ids[name] = randomUUID();
    await old.db.query('insert into agent_memories values ($1, $2, $3, $4, $5, $6)', [
      ids[name],
      workspaceId,
      content,
      scope,
      'procedures',
      '2024-02-29T10:00:00.123Z',
    ]);
  }
  await old.db.query(
    `insert into agent_memories select gen_random_uuid(), $1, 'note number ' || i, 'LOCAL', null, now() - i * interval '1 hour'
     from generate_series(1, 450) i`,
    [worker.id],
  );
});

afterAll(async () => {
  await old?.stop();
  await tenant?.stop();
  await rm(folder, { recursive: true, force: true });
});

interface Run {
  code: number;
  output: string;
  report: {
    scanned: number;
    outcomes: Record<string, number>;
    problems: { id: string; outcome: string; reason: string }[];
    digest: string;
  };
}

async function backfill(...args: string[]): Promise<Run> {
  const out = join(folder, `${randomUUID()}.json`);
  const all = ['--url', tenant.url, '--token', tenant.adminToken, '--report', out, ...args];
  const [code, output] = await new Promise<[number, string]>((resolve) => {
    execFile(
      process.execPath,
      [join(ROOT, 'tooling/memory-backfill.mjs'), ...all],
      { env: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '' }, maxBuffer: 8 * 1024 * 1024 },
      (error, stdout, stderr) => resolve([error ? Number(error.code) : 0, stdout + stderr]),
    );
  });
  const report = JSON.parse(await readFile(out, 'utf8').catch(() => 'null')) as Run['report'];
  return { code, output, report };
}

const everything = () => tenant.asAdmin<Record<string, unknown>[]>('/admin/memories/export');
const ofTable = () => ['--from', old.url];

describe('a backfill from a table', () => {
  it('in a dry run says where each row would go, and writes nothing', async () => {
    const { report, code } = await backfill('--dry-run', ...ofTable());
    expect(report.outcomes).toEqual({ would_copy: 454, skipped: 2, error: 1 });
    expect(report.scanned).toBe(457);
    expect(code).toBe(1); // The blank one cannot be stored: better known before.
    expect(await everything()).toEqual([]);
  });

  it('keeps ids, dates and tags, redacts, and says what it left out and why', async () => {
    const { report, output } = await backfill('--apply', ...ofTable());
    expect(report.outcomes).toEqual({ copied: 454, skipped: 2, error: 1 });
    const problems = report.problems.map(({ id, outcome, reason }) => [id, outcome, reason]);
    expect(problems).toHaveLength(3);
    expect(problems).toEqual(
      expect.arrayContaining([
        [ids.stranger, 'skipped', 'there is no such workspace here'],
        [ids.elsewhere, 'skipped', expect.stringMatching(/^scope: /)],
        [ids.blank, 'error', 'content: must not be blank'],
      ]),
    );
    const rows = await everything();
    expect(rows).toHaveLength(454);
    expect(rows.find(({ id }) => id === ids.team)).toEqual({
      id: ids.team,
      content: expect.stringMatching(/^the key is \[REDACTED:/),
      scope: 'TEAM',
      namespace: 'procedures',
      created_at: '2024-02-29T10:00:00.123Z',
      workspace_name: 'worker',
      workspace_id: worker.id,
    });
    expect(output + JSON.stringify(report)).not.toContain(SECRET);
    expect(output).not.toContain('floor 3');
  });

  it('writes down for everybody, in the name of the root, what an author of today could not', async () => {
    const answer = await tenant.call(`/workspaces/${worker.id}/v2/memories?q=Mondays`, {
      headers: { authorization: `Bearer ${worker.token}` },
    });
    expect(JSON.parse(answer.text)).toEqual([
      expect.objectContaining({
        id: ids['all of nobody'],
        namespace: `org:${root.id}`,
        source_workspace_id: root.id,
      }),
    ]);
  });

  it('is the same twice as once', async () => {
    const before = await everything();
    const { report } = await backfill('--apply', ...ofTable());
    expect(report.outcomes).toEqual({ copied: 454, skipped: 2, error: 1 });
    expect(await everything()).toEqual(before);
  });

  it('compares every row by id, content and date', async () => {
    await old.db.query('delete from agent_memories where id = $1', [ids.blank]);
    const { report, code } = await backfill('--verify', ...ofTable());
    expect([code, report.outcomes]).toEqual([0, { same: 454, skipped: 2 }]);
  });

  it('finds one row that is gone, one that has other words and one that has another date', async () => {
    const gone = await tenant.call(`/workspaces/${worker.id}/memories/${ids.own}`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${worker.token}` },
    });
    expect(gone.status).toBe(200);
    await old.db.query("update agent_memories set content = 'we ship on Thursdays' where id = $1", [ids.all]);
    await old.db.query('update agent_memories set created_at = now() where id = $1', [ids.team]);
    const { report, code } = await backfill('--verify', ...ofTable());
    expect([code, report.outcomes]).toEqual([1, { same: 451, missing: 1, different: 2, skipped: 2 }]);
    const problems = report.problems.map(({ id, outcome, reason }) => [id, outcome, reason]);
    expect(problems).toEqual(
      expect.arrayContaining([
        [ids.own, 'missing', null],
        [ids.all, 'different', 'content'],
        [ids.team, 'different', 'created_at'],
      ]),
    );
  });

  it('compares a part when it is asked to', async () => {
    const { report } = await backfill('--verify', '--verify-sample', '10', ...ofTable());
    expect(report.scanned).toBeGreaterThan(10);
    expect(report.scanned).toBeLessThan(120);
  });

  it('takes out again what it brought in', async () => {
    const { report } = await backfill('--rollback', ...ofTable());
    expect(report.outcomes).toEqual({ removed: 453, missing: 1, skipped: 2 });
    expect(await everything()).toEqual([]);
  });

  it('goes on after the last page that was answered, and brings in one workspace alone', async () => {
    const resume = join(folder, 'resume.json');
    const first = await backfill('--apply', '--limit', '200', '--resume', resume, ...ofTable());
    expect(first.report.scanned).toBe(200);
    const rest = await backfill('--apply', '--resume', resume, ...ofTable());
    expect(rest.report.scanned).toBe(256);
    const other = await backfill('--verify', '--resume', resume, ...ofTable());
    expect([other.code, other.output]).toEqual([1, expect.stringContaining('belongs to another run')]);
    const one = await backfill('--verify', '--workspace', root.id, ...ofTable());
    expect(one.report.outcomes).toEqual({ same: 1 });
  });
});

describe('a backfill from a file', () => {
  it.each([
    ['a list', (rows: unknown[]) => JSON.stringify(rows)],
    ['lines', (rows: unknown[]) => rows.map((row) => JSON.stringify(row)).join('\n')],
  ])('reads %s, and gives a row without an id the same one each time', async (_name, written) => {
    const file = join(folder, `${randomUUID()}.json`);
    const content = `from a file ${randomUUID()}`;
    await writeFile(file, written([{ content, scope: 'LOCAL', workspace_name: 'worker' }, 'rubbish']));
    for (const _time of [1, 2]) {
      const { report } = await backfill('--apply', '--file', file);
      expect(report.outcomes).toEqual({ copied: 1, error: 1 });
    }
    expect((await everything()).filter((row) => row.content === content)).toHaveLength(1);
  });
});

describe('a backfill is refused', () => {
  it.each([
    ['without a mode', [], 'which mode?'],
    ['with two', ['--apply', '--verify'], 'which mode?'],
    ['without a source', ['--apply'], 'from where?'],
    [
      'with a limit that is no number',
      ['--apply', '--limit', 'many', '--file', 'x'],
      '--limit: a whole number',
    ],
    ['with an unknown option', ['--aply'], "Unknown option '--aply'"],
  ])('%s', async (_name, args, message) => {
    const { code, output } = await backfill(...args);
    expect([code, output]).toEqual([2, expect.stringContaining(message)]);
  });

  it('of a table that is not there or is no memory table', async () => {
    const missing = await backfill('--dry-run', '--table', 'nothing_here', ...ofTable());
    expect([missing.code, missing.output]).toEqual([
      1,
      expect.stringContaining('there is no table nothing_here'),
    ]);
    await old.db.query('create table other_things (id int)');
    const other = await backfill('--dry-run', '--table', 'other_things', ...ofTable());
    expect(other.output).toContain('has no column workspace_id, content, scope');
  });

  it('of more rows than a call may have', async () => {
    const body = { mode: 'dry-run', rows: Array.from({ length: 201 }, () => ({})) };
    const answer = await tenant.call('/admin/memories/backfill', {
      method: 'POST',
      headers: { authorization: `Bearer ${tenant.adminToken}` },
      body,
    });
    expect(answer.status).toBe(400);
  });
});
