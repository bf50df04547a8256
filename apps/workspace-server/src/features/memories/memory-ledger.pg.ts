// Memory ledger on Postgres. Invariants: memory-ledger.ts.

import type { Clock } from '@molecule/kit';
import type { Db, Tx } from '@molecule/postgres';
import type { Audit, Author, MemoryLedger, NewAudit, Seed } from './memory-ledger.ts';

export class PgMemoryLedger implements MemoryLedger {
  readonly #db: Db;
  readonly #clock: Clock;

  constructor(db: Db, clock: Clock) {
    this.#db = db;
    this.#clock = clock;
  }

  async noteAuthor({ memoryId, namespace, writerId }: Author): Promise<void> {
    await this.#db.query(
      `insert into memory_authors (memory_id, namespace, writer_id, created_at) values ($1, $2, $3, $4)
       on conflict (memory_id) do nothing`,
      [memoryId, namespace, writerId, this.#now()],
    );
  }

  async authorsOf(memoryIds: readonly string[]): Promise<ReadonlyMap<string, Author>> {
    if (memoryIds.length === 0) return new Map();
    const rows = await this.#db.query<{ memory_id: string; namespace: string; writer_id: string }>(
      'select memory_id, namespace, writer_id from memory_authors where memory_id = any($1)',
      [memoryIds],
    );
    return new Map(
      rows.map((row) => [
        row.memory_id,
        { memoryId: row.memory_id, namespace: row.namespace, writerId: row.writer_id },
      ]),
    );
  }

  async forgetAuthor(memoryId: string): Promise<void> {
    await this.#db.query('delete from memory_authors where memory_id = $1', [memoryId]);
  }

  async orgWriters(): Promise<string[]> {
    const rows = await this.#db.query<{ namespace: string }>(
      `select distinct namespace from memory_authors where namespace >= 'org:' and namespace < 'org;'`,
    );
    return rows.map(({ namespace }) => namespace.slice('org:'.length));
  }

  async intend(audit: NewAudit): Promise<void> {
    await this.#db.query(
      `insert into memory_audit (id, activity_type, workspace_id, memory_id, label, content_digest, state, created_at)
       values ($1, $2, $3, $4, $5, $6, 'intended', $7)`,
      [
        audit.id,
        audit.activityType,
        audit.workspaceId,
        audit.memoryId,
        audit.label,
        audit.contentDigest,
        this.#now(),
      ],
    );
  }

  async done(auditId: string): Promise<void> {
    await this.#db.query(`update memory_audit set state = 'done' where id = $1`, [auditId]);
  }

  async withdraw(auditId: string): Promise<void> {
    await this.#db.query(`delete from memory_audit where id = $1 and state = 'intended'`, [auditId]);
  }

  async untold(before: number, limit: number): Promise<Audit[]> {
    const rows = await this.#db.query<{
      id: string;
      activity_type: NewAudit['activityType'];
      workspace_id: string;
      memory_id: string;
      label: string;
      content_digest: Buffer | null;
      state: string;
    }>(
      `select id, activity_type, workspace_id, memory_id, label, content_digest, state from memory_audit
       where created_at <= $1 order by created_at, id limit $2`,
      [new Date(before), limit],
    );
    return rows.map((row) => ({
      id: row.id,
      activityType: row.activity_type,
      workspaceId: row.workspace_id,
      memoryId: row.memory_id,
      label: row.label,
      contentDigest: row.content_digest,
      isDone: row.state === 'done',
    }));
  }

  async told(auditId: string): Promise<void> {
    await this.#db.query('delete from memory_audit where id = $1', [auditId]);
  }

  async purges(limit: number): Promise<string[]> {
    const rows = await this.#db.query<{ namespace: string }>(
      'select namespace from memory_purges order by queued_at, namespace limit $1',
      [limit],
    );
    return rows.map(({ namespace }) => namespace);
  }

  async purged(namespace: string): Promise<void> {
    await this.#db.query('delete from memory_purges where namespace = $1', [namespace]);
  }

  async seeds(limit: number): Promise<Seed[]> {
    const rows = await this.#db.query<{
      id: string;
      workspace_id: string;
      scope: Seed['scope'];
      content: string;
    }>('select id, workspace_id, scope, content from memory_seeds order by created_at, id limit $1', [limit]);
    return rows.map(({ id, workspace_id, scope, content }) => ({
      id,
      workspaceId: workspace_id,
      scope,
      content,
    }));
  }

  async planted(seedId: string): Promise<void> {
    await this.#db.query('delete from memory_seeds where id = $1', [seedId]);
  }

  async keepSeedsIn(tx: Tx, seeds: readonly Seed[]): Promise<void> {
    const column = <T>(pick: (seed: Seed) => T): T[] => seeds.map(pick);
    await tx.query(
      `insert into memory_seeds (id, workspace_id, scope, content, created_at)
       select id, workspace_id, scope, content, $5
       from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[]) as s (id, workspace_id, scope, content)`,
      [
        column((seed) => seed.id),
        column((seed) => seed.workspaceId),
        column((seed) => seed.scope),
        column((seed) => seed.content),
        this.#now(),
      ],
    );
  }

  #now(): Date {
    return new Date(this.#clock.now());
  }
}
