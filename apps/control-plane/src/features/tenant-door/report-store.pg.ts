// Report store on Postgres. A tenant's own words about its boot are not kept. Of boot events and backups the newest are kept.

import type { Clock } from '@molecule/kit';
import type { Db } from '@molecule/postgres';
import type { BootEvent, ReportStore, Revocation } from './report-store.ts';

const KEPT_PER_ORG = 500;

export class PgReportStore implements ReportStore {
  readonly #db: Db;
  readonly #clock: Clock;

  constructor(db: Db, clock: Clock) {
    this.#db = db;
    this.#clock = clock;
  }

  async addBootEvent(orgId: string, event: BootEvent): Promise<void> {
    await this.#db.query(
      'insert into boot_events (org_id, stage, status, elapsed_ms, at) values ($1, $2, $3, $4, $5)',
      [orgId, event.stage, event.status, event.elapsedMs, new Date(event.at)],
    );
    await this.#db.query(
      `delete from boot_events where org_id = $1 and id <= (
         select id from boot_events where org_id = $1 order by id desc offset ${KEPT_PER_ORG} limit 1)`,
      [orgId],
    );
  }

  async bootEvents(orgId: string, limit: number): Promise<BootEvent[]> {
    const rows = await this.#db.query<BootEvent & { elapsed_ms: number | null }>(
      'select stage, status, elapsed_ms, at from boot_events where org_id = $1 order by id desc limit $2',
      [orgId, limit],
    );
    return rows.map(({ stage, status, elapsed_ms, at }) => ({
      stage,
      status,
      elapsedMs: elapsed_ms,
      at,
    }));
  }

  async addBackup(orgId: string, report: Parameters<ReportStore['addBackup']>[1]): Promise<void> {
    await this.#db.query(
      `insert into backup_reports (org_id, status, bytes, sha256, started_at, finished_at) values ($1, $2, $3, $4, $5, $6)`,
      [
        orgId,
        report.status,
        report.bytes,
        report.sha256,
        new Date(report.startedAt),
        new Date(report.finishedAt),
      ],
    );
    await this.#db.query(
      `delete from backup_reports where org_id = $1 and id <= (
         select id from backup_reports where org_id = $1 order by id desc offset ${KEPT_PER_ORG} limit 1)`,
      [orgId],
    );
  }

  revocationsAfter(orgId: string, seq: number, limit: number): Promise<Revocation[]> {
    return this.#db.query<Revocation>(
      'select seq, kind, subject, at from revocations where org_id = $1 and seq > $2 order by seq limit $3',
      [orgId, seq, limit],
    );
  }

  /** Older than any tenant may be cut off, twice. */
  async forgetOldRevocations(keptMs: number): Promise<void> {
    await this.#db.query('delete from revocations where at < $1', [new Date(this.#clock.now() - keptMs)]);
  }
}
