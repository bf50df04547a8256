// Bench histories: so many random histories of workspaces (BENCH_HISTORIES) through the real store on a durable embedded
// Postgres; replaying the event log of each must give the very row of the table, or no row. Every twentieth batch goes row
// by row, the others many rows at once. HISTORIES_PLANT=true alters one row of the first batch behind the log's back; the run must end
// red then. The comparator: the same events inserted bare, without a row, a lock or a fold.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { applyChange, type WorkspaceChange, type WorkspaceState } from '@molecule/domain';
import { createLog, systemClock } from '@molecule/kit';
import { Db, EmbeddedPostgres, migrate } from '@molecule/postgres';
import { workspaceState } from '@molecule/testkit';
import { PgWorkspaceStore } from '../apps/workspace-server/src/features/workspaces/workspace-store.pg.ts';
import type { WorkspaceEdit } from '../apps/workspace-server/src/features/workspaces/workspace-store.ts';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const HISTORIES = Number(process.env.BENCH_HISTORIES ?? 1_000_000);
const IS_PLANTED = process.env.HISTORIES_PLANT === 'true';
const BATCH = 500;
const MOST_CHANGES = 12;
const ROW_BY_ROW_EVERY = 20;
const SHRINK_EVERY = 20;
const TOLD_EVERY_MS = 30_000;

let seed = Number(process.env.BENCH_SEED ?? 42);
/** The same numbers in every run of one seed. */
function random(): number {
  seed = (seed * 1_664_525 + 1_013_904_223) >>> 0;
  return seed / 2 ** 32;
}
const below = (count: number) => Math.floor(random() * count);
const pick = <T>(list: readonly T[]): T => list[below(list.length)] as T;
const TEXTS = [
  '',
  'a',
  'Größe',
  '名前',
  '👩🏽‍🔬',
  '{"a":1}',
  "'; drop table events; --",
  '\u202e',
  'x'.repeat(200),
];

type Patch = Extract<WorkspaceChange, { kind: 'patched' }>['patch'];
const PATCHES: readonly ((ids: readonly string[], index: number) => Patch)[] = [
  () => ({ name: `role ${pick(TEXTS)}` }),
  () => ({ role: pick([null, ...TEXTS]), model: pick([null, 'a:b']) }),
  () => ({ x: below(2_000_000) / 7 - 100_000, y: below(1_000) }),
  () => ({ agentCard: pick([null, { name: pick(TEXTS) }, { name: 'b', skills: [{ id: pick(TEXTS) }] }]) }),
  () => ({ status: 'online', deadlineAt: null, url: `http://127.0.0.1:${1 + below(65_000)}` }),
  () => ({ status: 'provisioning', deadlineAt: 1_800_000_000_000 + below(1_000_000), url: '' }),
  () => ({ status: 'paused', deadlineAt: null, statusReason: pick([null, ...TEXTS]) }),
  () => ({ status: 'failed', deadlineAt: null, statusReason: 'gone', statusDetail: pick(TEXTS) }),
  () => ({ budgetLimitCents: pick([null, below(1_000_000)]), maxConcurrentTasks: 1 + below(9) }),
  () => ({ isCollapsed: random() < 0.5, tier: pick([1, 2, 3, 4]) }),
  () => ({
    hibernationIdleMinutes: below(1_000),
    sessionResetAt: pick([null, 1_700_000_000_000 + below(9_999)]),
  }),
  // Below an earlier one, so that nobody is above himself.
  (ids, index) => ({ parentId: index === 0 || random() < 0.3 ? null : (ids[below(index)] as string) }),
];

const dataDir = await mkdtemp(join(tmpdir(), 'molecule-bench-histories-'));
const server = new EmbeddedPostgres({ dataDir, log: createLog({ level: 'silent' }) });
await server.start();
const db = new Db(server.connection());
const counts = { histories: 0, changes: 0, purged: 0, differ: 0 };
try {
  await migrate(db, join(ROOT, 'apps/workspace-server/migrations'));
  const store = new PgWorkspaceStore(db, systemClock);
  const startedAt = performance.now();
  let toldAt = startedAt;
  for (let batch = 0; counts.histories < HISTORIES; batch++) {
    const size = Math.min(BATCH, HISTORIES - counts.histories);
    await runBatch(store, size, batch % ROW_BY_ROW_EVERY === ROW_BY_ROW_EVERY - 1);
    if (IS_PLANTED && batch === 0) await alterOneRow();
    counts.differ += await countDifferences(store);
    counts.histories += size;
    await db.query('truncate workspaces, events cascade');
    if (batch % SHRINK_EVERY === 0) await db.query('checkpoint');
    if (performance.now() - toldAt > TOLD_EVERY_MS) {
      toldAt = performance.now();
      console.log(`${counts.histories} histories, ${counts.differ} differ`);
    }
  }
  const seconds = (performance.now() - startedAt) / 1_000;
  const perSecond = Math.round(counts.changes / seconds);
  const bare = await measureBareInserts();
  console.log(
    `${counts.histories} histories of ${counts.changes} changes (${counts.purged} purged) in ${Math.round(seconds)} s: ${counts.differ} differ`,
  );
  const ratio = Number((perSecond / bare).toFixed(2));
  console.log(
    JSON.stringify({ bench: 'histories', ...counts, seconds, perSecond, bareInserts: bare, ratio }),
  );
} finally {
  await db.end();
  await server.stop();
  await rm(dataDir, { recursive: true, force: true });
}
process.exitCode = counts.differ === 0 && counts.histories >= HISTORIES ? 0 : 1;

async function runBatch(store: PgWorkspaceStore, size: number, isRowByRow: boolean): Promise<void> {
  const ids = Array.from({ length: size }, (): string => crypto.randomUUID());
  await commit(store, ids, (id) => ({ kind: 'created', state: workspaceState(id) }), false);
  let open = ids.map((id, index) => ({ id, index, left: below(MOST_CHANGES + 1) }));
  for (;;) {
    open = open.filter((one) => one.left-- > 0);
    if (open.length === 0) break;
    const patchOf = new Map(open.map(({ id, index }) => [id, pick(PATCHES)(ids, index)]));
    const change = (id: string): WorkspaceChange => ({ kind: 'patched', patch: patchOf.get(id) as Patch });
    await commit(store, [...patchOf.keys()], change, isRowByRow);
  }
  const purged = ids.filter(() => random() < 0.1);
  await commit(store, purged, () => ({ kind: 'purged' }), false);
  counts.purged += purged.length;
}

async function commit(
  store: PgWorkspaceStore,
  ids: readonly string[],
  changeOf: (id: string) => WorkspaceChange,
  isRowByRow: boolean,
): Promise<void> {
  const edits = ids.map((id): WorkspaceEdit => ({ workspaceId: id, change: changeOf(id), events: [] }));
  counts.changes += edits.length;
  if (!isRowByRow) await store.change(ids, 'bench', () => ({ edits }));
  else for (const edit of edits) await store.change([edit.workspaceId], 'bench', () => ({ edits: [edit] }));
}

/** The fold of every log against the table: rows that differ, are missing or are too many. */
async function countDifferences(store: PgWorkspaceStore): Promise<number> {
  const folded = new Map<string, WorkspaceState | null>();
  const events = await db.query<{ workspace_id: string; change: WorkspaceChange | null }>(
    'select workspace_id, change from events where change is not null order by position',
  );
  for (const { workspace_id, change } of events)
    folded.set(workspace_id, applyChange(folded.get(workspace_id) ?? null, change as WorkspaceChange));
  const rows = new Map((await store.loadAll()).map(({ workspaceId, state }) => [workspaceId, state]));
  let differ = 0;
  for (const [id, state] of folded) if (!isDeepStrictEqual(state, rows.get(id) ?? null)) differ++;
  for (const id of rows.keys()) if (!folded.has(id)) differ++;
  return differ;
}

/** Behind the log's back: the log itself refuses to be rewritten. */
async function alterOneRow(): Promise<void> {
  await db.query("update workspaces set name = 'altered' where id = (select id from workspaces limit 1)");
}

/** Rows a second of one multi-row insert after another into the same table. */
async function measureBareInserts(): Promise<number> {
  const rounds = 200;
  const startedAt = performance.now();
  for (let round = 0; round < rounds; round++)
    await db.query(
      `insert into events (id, workspace_id, event_type, payload, change, actor, created_at)
       select gen_random_uuid(), gen_random_uuid(), 'WORKSPACE_UPDATED', '{"fields":["name"]}',
              '{"kind":"patched","patch":{"name":"role"}}', 'bench', now()
       from generate_series(1, $1::int)`,
      [BATCH],
    );
  return Math.round((rounds * BATCH) / ((performance.now() - startedAt) / 1_000));
}
