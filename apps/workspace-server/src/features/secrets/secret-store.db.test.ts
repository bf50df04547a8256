// Proves the secret store's and the config store's invariants (S1 to S4, G1 to G3), the vault (V1, V2) and the change of
// keys (R1, Q1 to Q3) on every Postgres that this machine has.

import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LIMITS } from '@molecule/domain';
import { createLog, generateSealingKey, parseSealingKey, SealBroken, Secret, Semaphore } from '@molecule/kit';
import { databaseFlavours, fakeClock, type TestDatabase, testDatabase } from '@molecule/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PgConfigStore } from '../config/config-store.pg.ts';
import { PgEventLog } from '../events/event-log.pg.ts';
import { KeyRing } from './key-ring.ts';
import { openSecrets } from './read-secrets.ts';
import { resealSecrets, rotateKey } from './reseal-secrets.ts';
import { PgSecretStore } from './secret-store.pg.ts';
import { SecretVault } from './secret-vault.ts';

const MIGRATIONS = join(import.meta.dirname, '../../../migrations');
const ORG = 'org-1';
const log = createLog({ level: 'silent' });

describe.each(databaseFlavours())('secrets on %s Postgres', (flavour) => {
  const clock = fakeClock();
  let dataDir: string;
  let database: TestDatabase;
  let configs: PgConfigStore;
  let secrets: PgSecretStore;
  let keys: KeyRing;
  let vault: SecretVault;

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'molecule-secrets-'));
    database = await testDatabase({ flavour, migrationsDir: MIGRATIONS });
    const { appendIn } = new PgEventLog(database.db, clock);
    configs = new PgConfigStore(database.db, clock, appendIn);
    secrets = new PgSecretStore(database.db, clock, configs, appendIn);
    keys = await KeyRing.load({ dataDir, secretsKey: null, previousSecretsKey: null });
    vault = new SecretVault(keys, await secrets.sealedFor(ORG));
  });
  afterAll(async () => {
    await database?.stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  async function addWorkspace(status = 'online'): Promise<string> {
    const id = randomUUID();
    const removedAt = status === 'removed' ? new Date() : null;
    await database.db.query(
      `insert into workspaces (id, name, tier, runtime, status, backend, created_at, removed_at)
       values ($1, 'role', 2, 'rehearsal', $2, 'process', now(), $3)`,
      [id, status, removedAt],
    );
    return id;
  }

  const save = (workspaceId: string | null, name: string, value: string, actor = 'ann') =>
    secrets.save(vault.seal({ workspaceId, name }, Secret.of(value)), actor);

  const valuesOf = async (workspaceId: string) => {
    const { global, own } = await openSecrets({ secrets, vault }, workspaceId);
    return Object.fromEntries([...global, ...own].map(([name, value]) => [name, value.reveal()]));
  };

  const clear = () => database.db.query('delete from secrets');

  it('gives a workspace its own values over those for everybody', async () => {
    const id = await addWorkspace();
    await save(null, 'A', 'for all');
    await save(null, 'B', 'for all');
    await save(id, 'B', 'own');
    expect(await valuesOf(id)).toEqual({ A: 'for all', B: 'own' });
    expect(await valuesOf(await addWorkspace())).toEqual({ A: 'for all', B: 'for all' });
    expect((await secrets.names(id)).map(({ name, scope }) => [name, scope])).toEqual([['B', 'workspace']]);
    await secrets.remove({ workspaceId: id, name: 'B' }, 'ann');
    expect(await valuesOf(id)).toEqual({ A: 'for all', B: 'for all' });
    await clear();
  });

  it('numbers what it saves in the same transaction, without a gap (S1, G3)', async () => {
    const id = await addWorkspace();
    const saved = await Promise.all(Array.from({ length: 8 }, (_, i) => save(id, `K${i}`, 'value')));
    const numbers = saved.flat().map((head) => head.number);
    expect(numbers.sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(saved.flat().every((head) => head.restartAtLeast === head.number)).toBe(true);
    const history = await configs.list(id, 100);
    expect(history.map(({ number }) => number)).toEqual([8, 7, 6, 5, 4, 3, 2, 1]);
    expect(new Set(history.map(({ digest }) => digest)).size).toBe(8);
    expect(history[0]).toMatchObject({ cause: 'secret', createdBy: 'ann' });
    await clear();
  });

  it('gives a value for everybody a number in each workspace that it reaches, and in no other', async () => {
    const [reached, own, paused, removed] = await Promise.all([
      addWorkspace(),
      addWorkspace(),
      addWorkspace('paused'),
      addWorkspace('removed'),
    ]);
    await save(own, 'K', 'own');
    const heads = (await save(null, 'K', 'for all')).map(({ workspaceId }) => workspaceId);
    expect(heads).toEqual(expect.arrayContaining([reached, paused]));
    expect(heads).not.toContain(own);
    expect(heads).not.toContain(removed);
    expect(await secrets.reachedByGlobal('K')).not.toContain(own);
    await clear();
  });

  it('gives no number to a change that changes nothing (G1), and lets nobody rewrite one (G2)', async () => {
    const id = await addWorkspace();
    const record = () =>
      database.db.tx((tx) =>
        configs.recordIn(tx, {
          workspaceIds: [id],
          cause: 'x',
          actor: 'ann',
          needsRestart: false,
          isTold: true,
        }),
      );
    expect(await record()).toHaveLength(1);
    expect(await record()).toEqual([]);
    await expect(
      database.db.query('update config_generations set cause = $2 where workspace_id = $1', [id, 'y']),
    ).rejects.toThrow('immutable');
  });

  it('keeps the newest generations, and no more than its limit (G2)', async () => {
    const id = await addWorkspace();
    for (let i = 0; i <= LIMITS.configGenerations; i++) await configs.mergeDocument(id, { i }, 'ann');
    const kept = await configs.list(id, 1_000);
    expect(kept).toHaveLength(LIMITS.configGenerations);
    expect(kept[0]?.number).toBe(LIMITS.configGenerations + 1);
    expect(await configs.readDocument(id)).toEqual({ i: LIMITS.configGenerations });
  });

  it('keeps as many secrets of a scope as its limit, and not one more (S3)', async () => {
    const id = await addWorkspace();
    for (let i = 0; i < LIMITS.secretsPerScope; i++) await save(id, `K${i}`, 'x');
    await expect(save(id, 'ONE_MORE', 'x')).rejects.toMatchObject({ code: 'CONFLICT' });
    await save(id, 'K0', 'replaced');
    await save(null, 'ONE_MORE', 'for all');
    await clear();
  });

  it('writes with each secret who saved or deleted it, and no value (S4)', async () => {
    const id = await addWorkspace();
    const mine = { workspaceId: id, name: 'AUDITED' };
    const shared = { workspaceId: null, name: 'AUDITED' };
    await database.db.tx((tx) => secrets.keepIn(tx, [vault.seal(mine, Secret.of('canary'))], 'carl'));
    await save(id, 'AUDITED', 'canary');
    await secrets.remove(mine, 'bea');
    await secrets.remove(mine, 'nobody');
    await save(null, 'AUDITED', 'canary', 'bea');
    await secrets.remove(shared, 'ann');
    const events = await database.db.query<{ workspace_id: string | null; payload: unknown; actor: string }>(
      `select workspace_id, payload, actor from events
       where event_type = 'AUDIT' and payload->>'key' = 'AUDITED' order by position`,
    );
    const told = (workspace_id: string | null, action: string, actor: string) => ({
      workspace_id,
      payload: { action, key: 'AUDITED', actor },
      actor,
    });
    expect(events).toEqual([
      told(id, 'secret_saved', 'carl'),
      told(id, 'secret_saved', 'ann'),
      told(id, 'secret_deleted', 'bea'),
      told(null, 'global_secret_saved', 'bea'),
      told(null, 'global_secret_deleted', 'ann'),
    ]);
    await clear();
  });

  it('rolls the event back with the secret (S1, S4)', async () => {
    const id = await addWorkspace();
    const count = async () =>
      (await database.db.query(`select 1 from events where event_type = 'AUDIT' and workspace_id = $1`, [id]))
        .length;
    const undone = database.db.tx(async (tx) => {
      await secrets.keepIn(tx, [vault.seal({ workspaceId: id, name: 'K' }, Secret.of('x'))], 'ann');
      throw new Error('undone');
    });
    await expect(undone).rejects.toThrow('undone');
    expect([await count(), await secrets.names(id)]).toEqual([0, []]);
  });

  it('saves nothing for a workspace that is gone', async () => {
    const gone = { code: 'WORKSPACE_NOT_FOUND' };
    await expect(save(await addWorkspace('removed'), 'K', 'x')).rejects.toMatchObject(gone);
    await expect(save(randomUUID(), 'K', 'x')).rejects.toMatchObject(gone);
  });

  it('opens no seal that was put into another row (V1)', async () => {
    const [mine, other] = [await addWorkspace(), await addWorkspace()];
    await save(mine, 'K', 'canary');
    await save(other, 'K', 'theirs');
    await database.db.query(
      'update secrets s set sealed = (select sealed from secrets where workspace_id = $1) where workspace_id = $2',
      [mine, other],
    );
    await expect(valuesOf(other)).rejects.toMatchObject({
      code: 'SECRET_UNREADABLE',
      extra: { failed_keys: ['workspace:K'] },
    });
    await database.db.query('update secrets set name = $2 where workspace_id = $1', [mine, 'L']);
    await expect(valuesOf(mine)).rejects.toMatchObject({ extra: { failed_keys: ['workspace:L'] } });
    await clear();
  });

  it('opens nothing of another organisation (V1)', async () => {
    const place = { workspaceId: null, name: 'K' };
    const elsewhere = new SecretVault(keys, 'org-2').seal(place, Secret.of('canary'));
    expect(() => vault.open({ ...elsewhere, id: '', version: 2 })).toThrow(SealBroken);
    expect(await secrets.sealedFor('org-2')).toBe(ORG);
  });

  it('seals everything again under a new key while secrets are read and written, then drops the old one (Q1)', async () => {
    const ids = await Promise.all(Array.from({ length: 10 }, () => addWorkspace()));
    for (const id of ids) for (let i = 0; i < 25; i++) await save(id, `K${i}`, `value ${i}`);
    const before = keys.current.id;
    const deps = { secrets, vault, keys, lock: new Semaphore(1), log };
    let isOver = false;
    const rotated = rotateKey(deps).finally(() => {
      isOver = true;
    });
    let reads = 0;
    for (let i = 0; !isOver; i++) {
      const id = ids[i % ids.length] as string;
      await vault.whileSealing(() => save(id, 'NEW', `written ${i}`));
      const values = await valuesOf(id);
      expect(values).toMatchObject({ K0: 'value 0', K24: 'value 24', NEW: `written ${i}` });
      reads++;
    }
    expect((await rotated).resealed).toBeGreaterThanOrEqual(250);
    expect(reads).toBeGreaterThan(0);
    expect(keys.current.id).not.toBe(before);
    expect(keys.all).toHaveLength(1);
    for (const id of ids) expect(await valuesOf(id)).toMatchObject({ K0: 'value 0', K24: 'value 24' });
    expect((await readFile(join(dataDir, 'secrets-key'), 'utf8')).trim().split('\n')).toHaveLength(1);
    await clear();
  });

  it('waits, before it gives up a key, for what is being sealed with it (V2)', async () => {
    const id = await addWorkspace();
    let commit = () => {};
    const mayCommit = new Promise<void>((resolve) => {
      commit = resolve;
    });
    const saving = vault.whileSealing(async () => {
      const sealed = vault.seal({ workspaceId: id, name: 'SLOW' }, Secret.of('slow'));
      await mayCommit;
      return secrets.save(sealed, 'ann');
    });
    let isOver = false;
    const rotating = rotateKey({ secrets, vault, keys, lock: new Semaphore(1), log }).finally(() => {
      isOver = true;
    });
    for (let i = 0; i < 20; i++) await database.db.ping();
    expect(isOver).toBe(false);
    commit();
    await Promise.all([saving, rotating]);
    expect(await valuesOf(id)).toEqual({ SLOW: 'slow' });
    await clear();
  });

  it('goes on where a stop left two keys, and brings in the key of the settings and older layouts', async () => {
    const id = await addWorkspace();
    await save(id, 'SEALED', 'one');
    await database.db.query(
      `insert into secrets (id, workspace_id, name, sealed, encryption_version, version_id, created_at, updated_at)
       values ($1, $2, 'PLAIN', 'two', 0, $1, now(), now())`,
      [randomUUID(), id],
    );
    await keys.addKey();
    const again = await KeyRing.load({ dataDir, secretsKey: null, previousSecretsKey: null });
    expect(again.all).toHaveLength(2);
    expect((await stat(join(dataDir, 'secrets-key'))).mode & 0o777).toBe(0o600);

    const set = Secret.of(generateSealingKey());
    const fromSettings = await KeyRing.load({ dataDir, secretsKey: set, previousSecretsKey: null });
    const settled = new SecretVault(fromSettings, ORG);
    const deps = { secrets, vault: settled, keys: fromSettings, lock: new Semaphore(1), log };
    expect(await resealSecrets(deps)).toEqual({ resealed: 2, unreadable: 0 });
    expect(await resealSecrets(deps)).toEqual({ resealed: 0, unreadable: 0 });
    await expect(rotateKey(deps)).rejects.toMatchObject({ code: 'CONFLICT' });

    const next = Secret.of(generateSealingKey());
    const elsewhere = await mkdtemp(join(tmpdir(), 'molecule-secrets-'));
    const moved = await KeyRing.load({ dataDir: elsewhere, secretsKey: next, previousSecretsKey: set });
    expect(moved.current.id).toBe(parseSealingKey(next.reveal()).id);
    const last = { ...deps, vault: new SecretVault(moved, ORG), keys: moved };
    expect(await resealSecrets(last)).toEqual({ resealed: 2, unreadable: 0 });
    const { own } = await openSecrets(last, id);
    expect([...own].map(([name, value]) => [name, value.reveal()])).toEqual([
      ['PLAIN', 'two'],
      ['SEALED', 'one'],
    ]);
    await rm(elsewhere, { recursive: true, force: true });
    await clear();
  });

  it('names what it cannot open, keeps the key of what is damaged, and says no value (Q1)', async () => {
    const id = await addWorkspace();
    const ring = await KeyRing.load({ dataDir, secretsKey: null, previousSecretsKey: null });
    const fresh = new SecretVault(ring, ORG);
    await secrets.save(fresh.seal({ workspaceId: id, name: 'DAMAGED' }, Secret.of('canary')), 'ann');
    await database.db.query(`update secrets set sealed = sealed || '\\x00' where workspace_id = $1`, [id]);
    const before = ring.all.length;
    await ring.addKey();
    const outcome = await resealSecrets({ secrets, vault: fresh, keys: ring, lock: new Semaphore(1), log });
    expect(outcome).toEqual({ resealed: 0, unreadable: 1 });
    expect(ring.all).toHaveLength(before + 1);
    const refused = await openSecrets({ secrets, vault: fresh }, id).catch((error: unknown) => error);
    expect(refused).toMatchObject({
      code: 'SECRET_UNREADABLE',
      extra: { failed_keys: ['workspace:DAMAGED'] },
    });
    expect(String(refused)).not.toContain('canary');
    await clear();
  });

  it('does not start over a broken key file', async () => {
    const broken = await mkdtemp(join(tmpdir(), 'molecule-secrets-'));
    await writeFile(join(broken, 'secrets-key'), 'not a key\n');
    await expect(
      KeyRing.load({ dataDir: broken, secretsKey: null, previousSecretsKey: null }),
    ).rejects.toThrow('must be 64 hex characters');
    await rm(broken, { recursive: true, force: true });
  });
});
