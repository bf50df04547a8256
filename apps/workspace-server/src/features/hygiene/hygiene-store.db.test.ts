// The hygiene store keeps its invariants on a real Postgres.

import { LIMITS } from '@molecule/domain';
import { fakeClock, type TestDatabase, testDatabase } from '@molecule/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { PgHygieneStore } from './hygiene-store.pg.ts';
import type { NewSuggestion } from './hygiene-store.ts';
import { ReadMarks } from './read-marks.ts';

let database: TestDatabase;
let store: PgHygieneStore;
const clock = fakeClock();

beforeAll(async () => {
  database = await testDatabase({ migrationsDir: 'apps/workspace-server/migrations' });
  store = new PgHygieneStore(database.db, clock);
});
afterAll(() => database?.stop());

const about = (memoryId: string, kind: NewSuggestion['kind'] = 'duplicate'): NewSuggestion => ({
  kind,
  memoryId,
  namespace: 'workspace:w',
  otherId: 'other',
  detail: 'says the same',
});

it('asks about a memory once, also after it was dismissed (Y1)', async () => {
  expect(await store.suggest([about('a'), about('b'), about('a', 'never_read')])).toBe(3);
  expect(await store.suggest([about('a'), about('c')])).toBe(1);
  const [first] = (await store.list('open', 10)).filter(
    ({ memoryId, kind }) => memoryId === 'a' && kind === 'duplicate',
  );
  expect(await store.decide(String(first?.id), 'dismissed', 'me')).toBe(true);
  expect(await store.decide(String(first?.id), 'accepted', 'me')).toBe(false);
  expect(await store.suggest([about('a')])).toBe(0);
  expect((await store.list('dismissed', 10)).map(({ memoryId }) => memoryId)).toEqual(['a']);
});

it('keeps no more open than it may, on both sides of the limit (Y2)', async () => {
  const open = (await store.list('open', LIMITS.suggestionsOpen)).length;
  const more = Array.from({ length: LIMITS.suggestionsOpen }, (_, i) => about(`full-${i}`));
  expect(await store.suggest(more)).toBe(LIMITS.suggestionsOpen - open);
  expect(await store.suggest([about('one too many')])).toBe(0);
  const [one] = await store.list('open', 1);
  await store.decide(String(one?.id), 'accepted', 'me');
  expect(await store.suggest([about('one too many')])).toBe(1);
});

it('notes the last day of a reading, in any order', async () => {
  const marks = new ReadMarks(store, clock);
  marks.note(['r1', 'r2', 'r1']);
  expect(await marks.write()).toBe(2);
  expect(await marks.write()).toBe(0);
  await store.markRead(['r1'], '1970-01-01');
  expect(await store.readAmong(['r1', 'r2', 'r3'])).toEqual(new Set(['r1', 'r2']));
  const rows = await database.db.query<{ memory_id: string; day: string }>(
    `select memory_id, last_read_on::text as day from memory_reads order by memory_id`,
  );
  const today = new Date(clock.now()).toISOString().slice(0, 10);
  expect(rows).toEqual([
    { memory_id: 'r1', day: today },
    { memory_id: 'r2', day: today },
  ]);
});
