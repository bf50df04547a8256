// Proves what a session search finds and what it leaves alone, on every Postgres that this machine has.

import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { LIMITS } from '@molecule/domain';
import { databaseFlavours, fakeClock, type TestDatabase, testDatabase } from '@molecule/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PgActivityLog } from './activity-log.pg.ts';
import type { NewActivity } from './activity-log.ts';
import { PgActivitySearch } from './activity-search.pg.ts';

const MIGRATIONS = join(import.meta.dirname, '../../../migrations');

describe.each(databaseFlavours())('session search on %s Postgres', (flavour) => {
  const clock = fakeClock();
  const workspaceId = randomUUID();
  let database: TestDatabase;
  let log: PgActivityLog;

  const write = (fields: Partial<NewActivity>) =>
    log.write({
      workspaceId,
      type: 'agent_log',
      sourceId: null,
      targetId: null,
      method: null,
      summary: null,
      requestBody: null,
      responseBody: null,
      toolTrace: null,
      durationMs: null,
      status: 'ok',
      errorDetail: null,
      chainId: null,
      messageKey: null,
      ...fields,
    });
  const find = async (text: string, limit = 50) => {
    const rows = await new PgActivitySearch(database.db).search({ workspaceId, text, limit });
    return rows.map(({ content }) => content);
  };

  beforeAll(async () => {
    database = await testDatabase({ flavour, migrationsDir: MIGRATIONS });
    log = new PgActivityLog(database.db, clock);
    await write({ summary: 'method', method: 'message/send' });
    await write({ summary: 'label', type: 'skill_promotion' });
    await write({ summary: 'status', status: 'timeout' });
    await write({ summary: 'Half is 50% off' });
    await write({ summary: 'Half is 50 euro off' });
    await write({ summary: 'snake_case' });
    await write({ summary: 'snakeXcase' });
    await write({ summary: 'back\\slash' });
    await write({ summary: 'request', requestBody: '{"say":"he said \\"hi\\" in the caf\\u00e9"}' });
    await write({ summary: 'response', responseBody: '{"text":"one line\\nanother", "at":"Café Müller"}' });
    await write({ workspaceId: randomUUID(), summary: 'of somebody else' });
  });
  afterAll(() => database?.stop());

  it.each([
    ['MESSAGE/', ['method']],
    ['skill_pro', ['label']],
    ['timeout', ['status']],
    ['50%', ['Half is 50% off']],
    ['%', ['Half is 50% off']],
    ['e_c', ['snake_case']],
    ['\\', ['back\\slash']],
    ['back\\s', ['back\\slash']],
    ['said "hi"', ['request']],
    ['in the café', ['request']],
    ['line\nanother', ['response']],
    ['CAFÉ müller', ['response']],
    ['somebody', []],
    ["'; drop table activity; --", []],
  ])('%j finds %j', async (text, found) => {
    expect(await find(text)).toEqual(found);
  });

  it('gives the most recent rows for no text, newest first, as many as asked', async () => {
    expect(await find('', 2)).toEqual(['response', 'request']);
    expect(await find('')).toHaveLength(10);
  });

  it('looks through as many of the newest rows as its limit, and not one more', async () => {
    const fill = (count: number) =>
      database.db.query(
        `insert into activity (id, workspace_id, activity_type, summary, status, created_at)
         select gen_random_uuid(), $1, 'agent_log', 'filler', 'ok', now() from generate_series(1, $2::int)`,
        [workspaceId, count],
      );
    await write({ summary: 'needle' });
    await fill(LIMITS.sessionSearchRows - 1);
    expect(await find('needle')).toEqual(['needle']);
    await fill(1);
    expect(await find('needle')).toEqual([]);
  });
});
