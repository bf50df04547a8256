// Message keys on every Postgres that this machine has: K1 also when the first caller never learned of its answer.

import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { DatabaseUnavailable } from '@molecule/postgres';
import { databaseFlavours, fakeClock, type TestDatabase, testDatabase } from '@molecule/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PgActivityLog } from '../activity/activity-log.pg.ts';
import { parseEnvelope } from './envelope.ts';
import { PgMessageKeyStore } from './message-keys.pg.ts';
import { keyOf, type MessageKey, MessageKeys } from './message-keys.ts';

const MIGRATIONS = join(import.meta.dirname, '../../../migrations');

describe.each(databaseFlavours())('message keys on %s Postgres', (flavour) => {
  let database: TestDatabase;
  let keys: MessageKeys;
  let log: PgActivityLog;

  beforeAll(async () => {
    database = await testDatabase({ flavour, migrationsDir: MIGRATIONS });
    log = new PgActivityLog(database.db, fakeClock());
    keys = new MessageKeys(new PgMessageKeyStore(database.db));
    await keys.loadFilter();
  });
  afterAll(() => database?.stop());

  function newKey(text = 'hello'): MessageKey {
    const message = { role: 'user', messageId: randomUUID(), parts: [{ kind: 'text', text }] };
    const body = { jsonrpc: '2.0', id: 1, method: 'message/send', params: { message } };
    return keyOf('sender', randomUUID(), parseEnvelope(Buffer.from(JSON.stringify(body)))) as MessageKey;
  }

  const keep = (key: MessageKey) =>
    log.write({
      workspaceId: key.targetId,
      type: 'a2a_receive',
      sourceId: null,
      targetId: key.targetId,
      method: 'message/send',
      summary: null,
      requestBody: null,
      responseBody: '{"said":"once"}',
      toolTrace: null,
      durationMs: 1,
      status: 'ok',
      errorDetail: null,
      chainId: null,
      messageKey: { ...key, responseStatus: 200 },
    });
  const never = () => Promise.reject(new Error('sent twice'));

  it('replays an answer that was committed while its caller was told of a failure (K1)', async () => {
    const key = newKey();
    const unknown = keys.once(
      key,
      async () => {
        await keep(key);
        throw new DatabaseUnavailable(new Error('the connection was lost'));
      },
      never,
    );
    await expect(unknown).rejects.toBeInstanceOf(DatabaseUnavailable);
    expect(await keys.once(key, never, never)).toEqual({ status: 200, body: { said: 'once' } });
  });

  it('lets a call that failed be tried again (K3)', async () => {
    const key = newKey();
    await expect(keys.once(key, never, never)).rejects.toThrow('sent twice');
    expect(await keys.once(key, async () => ({ status: 200, body: { said: 'again' } }), never)).toEqual({
      status: 200,
      body: { said: 'again' },
    });
  });

  it('refuses the same key with another content (K2)', async () => {
    const key = newKey();
    await keep(key);
    const other = { ...key, digest: newKey('something else').digest };
    await keys.once(key, async () => ({ status: 200, body: {} }), never);
    await expect(keys.once(other, never, never)).rejects.toMatchObject({ code: 'IDEMPOTENCY_MISMATCH' });
  });
});
