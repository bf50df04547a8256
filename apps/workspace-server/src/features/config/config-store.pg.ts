// Config store on Postgres. Invariants: config-store.ts.

import { faults, LIMITS } from '@molecule/domain';
import type { Clock } from '@molecule/kit';
import type { Db, Tx } from '@molecule/postgres';
import type { AppendIn } from '../events/index.ts';
import type { ConfigChange, ConfigHead, ConfigStore, Generation } from './config-store.ts';

interface HeadRow {
  workspace_id: string;
  number: number;
  restart_at_least: number;
  started: number | null;
}

const HEAD = 'workspace_id, number, restart_at_least, started';

export class PgConfigStore implements ConfigStore<Tx> {
  readonly #db: Db;
  readonly #clock: Clock;
  readonly #appendEvent: AppendIn<Tx>;

  constructor(db: Db, clock: Clock, appendEvent: AppendIn<Tx>) {
    this.#db = db;
    this.#clock = clock;
    this.#appendEvent = appendEvent;
  }

  async loadHeads(): Promise<ConfigHead[]> {
    return (await this.#db.query<HeadRow>(`select ${HEAD} from config_heads`)).map(toHead);
  }

  async recordIn(tx: Tx, change: ConfigChange): Promise<ConfigHead[]> {
    const ids = [...change.workspaceIds].sort();
    if (ids.length === 0) return [];
    await tx.query(
      `insert into config_heads (workspace_id) select id from workspaces where id = any($1)
       on conflict do nothing`,
      [ids],
    );
    // G3. What comes next sees whatever a change that held these rows has committed.
    await tx.query(
      'select 1 from config_heads where workspace_id = any($1) order by workspace_id for update',
      [ids],
    );
    const rows = await tx.query<HeadRow>(
      `with fresh as (
         select h.workspace_id, h.number + 1 as number, c.contents,
                sha256(convert_to(c.contents::text, 'UTF8')) as digest
         from config_heads h cross join lateral (select config_contents(h.workspace_id) as contents) c
         where h.workspace_id = any($1)
       ), changed as (
         select f.* from fresh f
         left join config_generations g on g.workspace_id = f.workspace_id and g.number = f.number - 1
         where f.digest is distinct from g.digest
       ), added as (
         insert into config_generations (workspace_id, number, digest, contents, cause, created_by, created_at)
         select workspace_id, number, digest, contents, $2, $3, $4 from changed
       )
       update config_heads h set number = c.number,
         restart_at_least = case when $5 then c.number else h.restart_at_least end
       from changed c where c.workspace_id = h.workspace_id
       returning h.workspace_id, h.number, h.restart_at_least, h.started`,
      [ids, change.cause, change.actor, new Date(this.#clock.now()), change.needsRestart],
    );
    await this.#dropOldest(tx, ids);
    const heads = rows.map(toHead);
    if (change.isTold) for (const head of heads) await this.#tell(tx, head, change);
    return heads;
  }

  async noteStarted(workspaceId: string): Promise<ConfigHead | null> {
    const [row] = await this.#db.query<HeadRow>(
      `update config_heads set started = number where workspace_id = $1 returning ${HEAD}`,
      [workspaceId],
    );
    return row ? toHead(row) : null;
  }

  async list(workspaceId: string, limit: number): Promise<Generation[]> {
    const rows = await this.#db.query<{
      number: number;
      digest: Buffer;
      cause: string;
      created_by: string;
      created_at: number;
    }>(
      `select number, digest, cause, created_by, created_at from config_generations
       where workspace_id = $1 order by number desc limit $2`,
      [workspaceId, limit],
    );
    return rows.map((row) => ({
      number: row.number,
      digest: row.digest.toString('hex'),
      cause: row.cause,
      createdBy: row.created_by,
      createdAt: row.created_at,
    }));
  }

  async readDocument(workspaceId: string): Promise<Record<string, unknown>> {
    const [row] = await this.#db.query<{ document: Record<string, unknown> }>(
      'select document from config_documents where workspace_id = $1',
      [workspaceId],
    );
    return row?.document ?? {};
  }

  mergeDocument(workspaceId: string, patch: Record<string, unknown>, actor: string): Promise<ConfigHead[]> {
    return this.#db.tx(async (tx) => {
      const [row] = await tx.query<{ bytes: number }>(
        `insert into config_documents (workspace_id, document, updated_at) values ($1, $2, $3)
         on conflict (workspace_id) do update
           set document = config_documents.document || excluded.document, updated_at = excluded.updated_at
         returning octet_length(document::text) as bytes`,
        [workspaceId, JSON.stringify(patch), new Date(this.#clock.now())],
      );
      if ((row?.bytes ?? 0) > LIMITS.configDocumentBytes) {
        throw faults.tooLarge('body too large or unreadable');
      }
      return this.recordIn(tx, {
        workspaceIds: [workspaceId],
        cause: 'document',
        actor,
        needsRestart: false,
        isTold: true,
      });
    });
  }

  /** G2. */
  async #dropOldest(tx: Tx, ids: readonly string[]): Promise<void> {
    await tx.query(
      `delete from config_generations g using config_heads h
       where h.workspace_id = any($1) and g.workspace_id = h.workspace_id and g.number <= h.number - $2`,
      [ids, LIMITS.configGenerations],
    );
  }

  async #tell(tx: Tx, head: ConfigHead, { actor, cause }: ConfigChange): Promise<void> {
    await this.#appendEvent(tx, {
      workspaceId: head.workspaceId,
      type: 'WORKSPACE_UPDATED',
      payload: { fields: ['config'], cause, config_generation: head.number },
      actor,
    });
  }
}

function toHead(row: HeadRow): ConfigHead {
  return {
    workspaceId: row.workspace_id,
    number: row.number,
    restartAtLeast: row.restart_at_least,
    started: row.started,
  };
}
