// Secret store on Postgres. Invariants: secret-store.ts.

import { randomUUID } from 'node:crypto';
import { faults, LIMITS } from '@molecule/domain';
import type { Clock } from '@molecule/kit';
import type { Db, Tx } from '@molecule/postgres';
import type { ConfigHead, ConfigStore } from '../config/index.ts';
import type { AppendIn } from '../events/index.ts';
import type { NewSecret, SealedSecret, SecretName, SecretPlace, SecretStore } from './secret-store.ts';

interface Row {
  id: string;
  workspace_id: string | null;
  name: string;
  sealed: Buffer;
  encryption_version: number;
  key_id: string | null;
}

type SecretAct = 'secret_saved' | 'secret_deleted';

const FIELDS = 'id, workspace_id, name, sealed, encryption_version, key_id';
const REACHED = `select w.id from workspaces w where w.status <> 'removed'
  and not exists (select 1 from secrets s where s.workspace_id = w.id and s.name = $1)`;

export class PgSecretStore implements SecretStore<Tx> {
  readonly #db: Db;
  readonly #clock: Clock;
  readonly #configs: Pick<ConfigStore<Tx>, 'recordIn'>;
  readonly #appendEvent: AppendIn<Tx>;

  constructor(db: Db, clock: Clock, configs: Pick<ConfigStore<Tx>, 'recordIn'>, appendEvent: AppendIn<Tx>) {
    this.#db = db;
    this.#clock = clock;
    this.#configs = configs;
    this.#appendEvent = appendEvent;
  }

  async names(workspaceId: string | null): Promise<SecretName[]> {
    const rows = await this.#db.query<{ name: string; created_at: number; updated_at: number }>(
      `select name, created_at, updated_at from secrets
       where workspace_id is not distinct from $1 order by name collate "C"`,
      [workspaceId],
    );
    return rows.map((row) => ({
      name: row.name,
      scope: workspaceId === null ? 'global' : 'workspace',
      createdAt: row.created_at,
      updatedAt: row.updated_at,
    }));
  }

  async find(place: SecretPlace): Promise<SealedSecret | null> {
    const [row] = await this.#db.query<Row>(
      `select ${FIELDS} from secrets where workspace_id is not distinct from $1 and name = $2`,
      [place.workspaceId, place.name],
    );
    return row ? toSecret(row) : null;
  }

  async listFor(workspaceId: string): Promise<SealedSecret[]> {
    const rows = await this.#db.query<Row>(
      `select ${FIELDS} from secrets where workspace_id is null or workspace_id = $1
       order by workspace_id nulls first, name collate "C"`,
      [workspaceId],
    );
    return rows.map(toSecret);
  }

  save(secret: NewSecret, actor: string): Promise<ConfigHead[]> {
    return this.#db.tx(async (tx) => {
      await this.#lockScope(tx, secret.workspaceId);
      await this.#refuseFullHouse(tx, secret);
      await this.#keep(tx, secret);
      return this.#record(tx, secret, 'secret_saved', actor);
    });
  }

  remove(place: SecretPlace, actor: string): Promise<ConfigHead[] | null> {
    return this.#db.tx(async (tx) => {
      await this.#lockScope(tx, place.workspaceId);
      const removed = await tx.query(
        'delete from secrets where workspace_id is not distinct from $1 and name = $2 returning id',
        [place.workspaceId, place.name],
      );
      return removed.length === 0 ? null : this.#record(tx, place, 'secret_deleted', actor);
    });
  }

  async keepIn(tx: Tx, secrets: readonly NewSecret[], actor: string): Promise<void> {
    for (const secret of secrets) {
      await this.#keep(tx, secret);
      await this.#audit(tx, secret, 'secret_saved', actor);
    }
  }

  async #keep(tx: Tx, { workspaceId, name, sealed, keyId }: NewSecret): Promise<void> {
    await tx.query(
      `insert into secrets (id, workspace_id, name, sealed, encryption_version, key_id, version_id,
                            created_at, updated_at)
       values ($1, $2, $3, $4, 2, $5, $6, $7, $7)
       on conflict (workspace_id, name) do update set sealed = excluded.sealed, encryption_version = 2,
         key_id = excluded.key_id, version_id = excluded.version_id, updated_at = excluded.updated_at`,
      [randomUUID(), workspaceId, name, sealed, keyId, randomUUID(), new Date(this.#clock.now())],
    );
  }

  async removeAllIn(tx: Tx, workspaceIds: readonly string[]): Promise<void> {
    await tx.query('delete from secrets where workspace_id = any($1)', [workspaceIds]);
  }

  async reachedByGlobal(name: string): Promise<string[]> {
    return (await this.#db.query<{ id: string }>(REACHED, [name])).map(({ id }) => id);
  }

  async sealedFor(orgId: string): Promise<string> {
    await this.#db.query('insert into secrets_place (org_id) values ($1) on conflict do nothing', [orgId]);
    const [row] = await this.#db.query<{ org_id: string }>('select org_id from secrets_place');
    return row?.org_id ?? orgId;
  }

  async listOutdated(keyId: string, after: string | null, limit: number): Promise<SealedSecret[]> {
    const rows = await this.#db.query<Row>(
      `select ${FIELDS} from secrets where key_id is distinct from $1 and ($2::uuid is null or id > $2)
       order by id limit $3`,
      [keyId, after, limit],
    );
    return rows.map(toSecret);
  }

  async reseal(secret: SealedSecret, sealed: Buffer, keyId: string): Promise<boolean> {
    const changed = await this.#db.query(
      `update secrets set sealed = $3, encryption_version = 2, key_id = $4 where id = $1 and sealed = $2
       returning id`,
      [secret.id, secret.sealed, sealed, keyId],
    );
    return changed.length > 0;
  }

  /** Makes counting and writing one step, and keeps a workspace from being removed in between. */
  async #lockScope(tx: Tx, workspaceId: string | null): Promise<void> {
    if (workspaceId === null) {
      await tx.query('select only_row from secrets_place for update');
      return;
    }
    const [row] = await tx.query<{ status: string }>(
      'select status from workspaces where id = $1 for update',
      [workspaceId],
    );
    if (!row || row.status === 'removed') throw faults.workspaceNotFound();
  }

  /** S3. */
  async #refuseFullHouse(tx: Tx, { workspaceId, name }: SecretPlace): Promise<void> {
    const [row] = await tx.query<{ others: number }>(
      `select count(*)::int as others from secrets
       where workspace_id is not distinct from $1 and name <> $2`,
      [workspaceId, name],
    );
    if ((row?.others ?? 0) < LIMITS.secretsPerScope) return;
    throw faults.conflict(`at most ${LIMITS.secretsPerScope} secrets are kept here; delete one first`);
  }

  /** S1. */
  async #record(tx: Tx, place: SecretPlace, act: SecretAct, actor: string): Promise<ConfigHead[]> {
    await this.#audit(tx, place, act, actor);
    const { workspaceId, name } = place;
    if (workspaceId !== null) {
      const change = { cause: 'secret', actor, needsRestart: true, isTold: true };
      return this.#configs.recordIn(tx, { workspaceIds: [workspaceId], ...change });
    }
    const reached = await tx.query<{ id: string }>(REACHED, [name]);
    const change = { cause: 'global_secret', actor, needsRestart: true, isTold: false };
    return this.#configs.recordIn(tx, { workspaceIds: reached.map(({ id }) => id), ...change });
  }

  /** S4. */
  async #audit(tx: Tx, { workspaceId, name }: SecretPlace, act: SecretAct, actor: string): Promise<void> {
    const action = workspaceId === null ? `global_${act}` : act;
    await this.#appendEvent(tx, { workspaceId, type: 'AUDIT', payload: { action, key: name, actor }, actor });
  }
}

function toSecret(row: Row): SealedSecret {
  return {
    id: row.id,
    workspaceId: row.workspace_id,
    name: row.name,
    sealed: row.sealed,
    version: row.encryption_version,
    keyId: row.key_id,
  };
}
