// Report store: what tenants report about themselves, and what they must act on.

export interface BootEvent {
  stage: string;
  status: 'start' | 'ok' | 'fail';
  elapsedMs: number | null;
  /** Epoch milliseconds. */
  at: number;
}

export interface Revocation {
  seq: number;
  kind: string;
  subject: string;
  at: number;
}

export interface ReportStore {
  addBootEvent(orgId: string, event: BootEvent): Promise<void>;
  /** Newest first. */
  bootEvents(orgId: string, limit: number): Promise<BootEvent[]>;
  addBackup(
    orgId: string,
    report: {
      status: string;
      bytes: number | null;
      sha256: string | null;
      startedAt: number;
      finishedAt: number;
    },
  ): Promise<void>;
  revocationsAfter(orgId: string, seq: number, limit: number): Promise<Revocation[]>;
}
