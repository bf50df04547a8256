// Crash checker: reads everything back and compares it with what was acknowledged.
//
//   C1. Activity and workspaces are read by HTTP, as clients do. The ends of delegations, deadlines and the event log are
//       read from the database, because the wire lists only the newest delegations.
//   C2. Lost: acknowledged and not there. Duplicate: there twice, by its unique text, message id or key.

import { isDeepStrictEqual } from 'node:util';
import { applyChange, TIMEOUTS_MS, type WorkspaceChange, type WorkspaceState } from '@molecule/domain';
import type { Db } from '@molecule/postgres';
import type { CrashAgent } from './crash-agent.ts';
import type { CrashLoad } from './crash-load.ts';

const PAGE = 500;

export interface CrashVerdict {
  acknowledged: number;
  lost: { activity: number; created: number; patched: number; relayed: number; delegated: number };
  duplicates: { activity: number; created: number; relayed: number; delegated: number };
  delegations: {
    acknowledged: number;
    rows: number;
    stuck: number;
    failed: number;
    withoutEffect: number;
    effectsTooMany: number;
  };
  pastDeadline: number;
  replayDiffers: number;
  isGreen: boolean;
}

interface ActivityRow {
  id: string;
  summary: string;
  activity_type: string;
  status: string;
  request_body?: { params?: { message?: { messageId?: string } } };
}

export async function checkBooks(
  load: CrashLoad,
  agent: CrashAgent,
  db: Db,
  firstIds: FirstIds,
  endLimitMs: number,
): Promise<CrashVerdict> {
  const stuck = await untilDelegationsEnd(db, endLimitMs);
  const summaries = tally((await readActivity(load, load.writer, firstIds.writer)).map((row) => row.summary));
  const hops = (await readActivity(load, load.target, firstIds.target)).filter((row) => row.status === 'ok');
  const messages = tally(hops.map((row) => row.request_body?.params?.message?.messageId ?? row.id));
  const workspaces = (await load.must('GET', '/workspaces')) as unknown as {
    id: string;
    name: string;
    role: string;
  }[];
  const names = tally(workspaces.map((row) => row.name));
  const roles = new Map(workspaces.map((row) => [row.id, Number(row.role)]));
  const delegations = await db.query<{ id: string; status: string; key: string }>(
    'select id, status, idempotency_key as key from delegations',
  );
  const byKey = tally(delegations.map((row) => row.key));
  const effects = [...load.delegated.keys()].map((key) => agent.effects.get(key)?.size ?? 0);
  const lost = {
    activity: missing(load.activity, summaries),
    created: missing(load.created, names),
    patched: [...load.patched].filter(
      ([id, { acknowledged }]) => acknowledged > 0 && !((roles.get(id) ?? 0) >= acknowledged),
    ).length,
    relayed: missing(load.relayed, messages),
    delegated: missing(load.delegated.keys(), byKey),
  };
  const duplicates = {
    activity: repeated(summaries),
    created: repeated(names),
    relayed: repeated(messages),
    delegated: repeated(byKey) + [...load.delegated.values()].filter((ids) => ids.size > 1).length,
  };
  const verdict = {
    acknowledged: load.acknowledged,
    lost,
    duplicates,
    delegations: {
      acknowledged: load.delegated.size,
      rows: delegations.length,
      stuck,
      failed: delegations.filter((row) => row.status === 'failed').length,
      withoutEffect: effects.filter((count) => count === 0).length,
      effectsTooMany: effects.filter((count) => count > 1).length,
    },
    pastDeadline: await countPastDeadline(db),
    replayDiffers: await countReplayDifferences(db),
  };
  const { acknowledged: _all, rows: _rows, ...faults } = verdict.delegations;
  const bad = [lost, duplicates, faults].flatMap((part) => Object.values(part));
  const isGreen = [...bad, verdict.pastDeadline, verdict.replayDiffers].every((count) => count === 0);
  return { ...verdict, isGreen };
}

export interface FirstIds {
  writer: string;
  target: string;
}

/** Where reading begins: one row in each workspace, written before the first kill. */
export async function markBeginning(load: CrashLoad): Promise<FirstIds> {
  const mark = async (id: string) => {
    await load.must('POST', `/workspaces/${id}/activity`, {
      activity_type: 'agent_log',
      summary: `begin ${id}`,
    });
    const rows = (await load.must('GET', `/workspaces/${id}/activity?limit=500`)) as unknown as ActivityRow[];
    return rows.at(-1)?.id ?? '';
  };
  return { writer: await mark(load.writer), target: await mark(load.target) };
}

async function readActivity(load: CrashLoad, id: string, afterId: string): Promise<ActivityRow[]> {
  const all: ActivityRow[] = [];
  for (let cursor = afterId; ; ) {
    const path = `/workspaces/${id}/activity?limit=${PAGE}&since_id=${cursor}`;
    const page = (await load.must('GET', path)) as unknown as ActivityRow[];
    all.push(...page);
    if (page.length < PAGE) return all;
    cursor = page.at(-1)?.id ?? '';
  }
}

async function untilDelegationsEnd(db: Db, limitMs: number): Promise<number> {
  for (const endAt = Date.now() + limitMs; ; ) {
    const [row] = await db.query<{ open: number }>(
      "select count(*) as open from delegations where status not in ('completed', 'failed')",
    );
    const open = row?.open ?? 0;
    if (open === 0 || Date.now() > endAt) return open;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Rows whose deadline and one sweep went by. */
async function countPastDeadline(db: Db): Promise<number> {
  const limit = new Date(Date.now() - TIMEOUTS_MS.provisionSweep);
  const [row] = await db.query<{ past: number }>(
    `select (select count(*) from workspaces where deadline_at < $1)
          + (select count(*) from inbox where deadline_at < $1)
          + (select count(*) from delegations where deadline_at < $1) as past`,
    [limit],
  );
  return row?.past ?? 0;
}

/** Workspaces whose row is not the fold of their events. */
async function countReplayDifferences(db: Db): Promise<number> {
  const events = await db.query<{ id: string; change: WorkspaceChange }>(
    'select workspace_id as id, change from events where change is not null order by position',
  );
  const folded = new Map<string, WorkspaceState | null>();
  for (const { id, change } of events) folded.set(id, applyChange(folded.get(id) ?? null, change));
  const rows = await db.query<Record<string, unknown>>('select * from workspaces');
  const table = new Map(rows.map((row) => [row.id as string, row]));
  let differing = 0;
  for (const [id, state] of folded) {
    const row = table.get(id);
    table.delete(id);
    if (state === null ? row !== undefined : !row || !isSame(state, row)) differing++;
  }
  return differing + table.size;
}

function isSame(state: WorkspaceState, row: Record<string, unknown>): boolean {
  return Object.entries(state).every(([field, value]) => {
    const column = field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    return isDeepStrictEqual(value ?? null, row[column] ?? null);
  });
}

function tally(texts: Iterable<string>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return counts;
}

function missing(acknowledged: Iterable<string>, found: ReadonlyMap<string, number>): number {
  let count = 0;
  for (const text of acknowledged) if (!found.has(text)) count++;
  return count;
}

function repeated(found: ReadonlyMap<string, number>): number {
  let count = 0;
  for (const times of found.values()) if (times > 1) count++;
  return count;
}
