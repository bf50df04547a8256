// Approval store on Postgres. Invariants: approval-store.ts.

import { Fault, LIMITS } from '@molecule/domain';
import type { Clock } from '@molecule/kit';
import type { Db, Tx } from '@molecule/postgres';
import type { AppendIn } from '../events/index.ts';
import type { Approval, ApprovalStore, Decision, NewApproval, Page } from './approval-store.ts';

interface Row {
  id: string;
  workspace_id: string;
  task_id: string | null;
  action: string;
  reason: string | null;
  status: Approval['status'];
  decided_by: string | null;
  decided_at: number | null;
  created_at: number;
  deadline_at: number | null;
}

const FIELDS = `a.id, a.workspace_id, a.task_id, a.action, a.reason, a.status, a.decided_by, a.decided_at,
  a.created_at, a.deadline_at`;
const EXPIRED_BY = 'auto-expired';
const RETRY_AFTER_SECONDS = 60;

export class PgApprovalStore implements ApprovalStore {
  readonly #db: Db;
  readonly #clock: Clock;
  readonly #appendEvent: AppendIn<Tx>;

  constructor(db: Db, clock: Clock, appendEvent: AppendIn<Tx>) {
    this.#db = db;
    this.#clock = clock;
    this.#appendEvent = appendEvent;
  }

  create(input: NewApproval): Promise<void> {
    return this.#db.tx(async (tx) => {
      await this.#refuseFullHouse(tx, input.workspaceId);
      await tx.query(
        `insert into approvals (id, workspace_id, task_id, action, reason, context, status, created_at, deadline_at)
         values ($1, $2, $3, $4, $5, $6, 'pending', $7, $8)`,
        [
          input.id,
          input.workspaceId,
          input.taskId,
          input.action,
          input.reason,
          input.context === null ? null : JSON.stringify(input.context),
          new Date(this.#clock.now()),
          new Date(input.deadlineAt),
        ],
      );
      await this.#tellRequest(tx, input);
    });
  }

  async listByWorkspace(workspaceId: string, page: Page): Promise<Approval[]> {
    const rows = await this.#db.query<Row>(
      `select ${FIELDS} from approvals a where workspace_id = $1
       order by created_at desc, id limit $2 offset $3`,
      [workspaceId, page.limit, page.offset],
    );
    return rows.map(toApproval);
  }

  async listPending(page: Page): Promise<Approval[]> {
    const rows = await this.#db.query<Row>(
      `select ${FIELDS} from approvals a join workspaces w on w.id = a.workspace_id
       where a.deadline_at > $3 and w.status <> 'removed'
       order by a.created_at desc, a.id limit $1 offset $2`,
      [page.limit, page.offset, new Date(this.#clock.now())],
    );
    return rows.map(toApproval);
  }

  decide(decision: Decision): Promise<boolean> {
    return this.#db.tx(async (tx) => {
      const now = new Date(this.#clock.now());
      const decided = await tx.query(
        `update approvals set status = $3, decided_by = $4, decided_at = $5, deadline_at = null
         where id = $1 and workspace_id = $2 and status = 'pending' and deadline_at > $5 returning id`,
        [decision.id, decision.workspaceId, decision.status, decision.decidedBy, now],
      );
      if (decided.length === 0) return false;
      await this.#tellDecision(tx, decision);
      return true;
    });
  }

  denyDue(limit: number): Promise<number> {
    return this.#db.tx(async (tx) => {
      const now = new Date(this.#clock.now());
      const denied = await tx.query<{ id: string; workspace_id: string }>(
        `update approvals set status = 'denied', decided_by = $3, decided_at = $1, deadline_at = null
         where id in (select id from approvals where deadline_at <= $1 order by deadline_at limit $2
                      for update skip locked)
         returning id, workspace_id`,
        [now, limit, EXPIRED_BY],
      );
      for (const row of denied) {
        await this.#tellDecision(tx, {
          id: row.id,
          workspaceId: row.workspace_id,
          status: 'denied',
          decidedBy: EXPIRED_BY,
          actor: 'system:approvals',
        });
      }
      return denied.length;
    });
  }

  /** The row lock makes counting and inserting one step (P3). */
  async #refuseFullHouse(tx: Tx, workspaceId: string): Promise<void> {
    await tx.query('select 1 from workspaces where id = $1 for update', [workspaceId]);
    const [row] = await tx.query<{ pending: number }>(
      'select count(*)::int as pending from approvals where workspace_id = $1 and deadline_at is not null',
      [workspaceId],
    );
    if ((row?.pending ?? 0) < LIMITS.approvalsPending) return;
    throw new Fault('QUEUE_FULL', `${LIMITS.approvalsPending} requests of this workspace wait already`, {
      retryAfterSeconds: RETRY_AFTER_SECONDS,
      extra: { retry_after: RETRY_AFTER_SECONDS },
    });
  }

  async #tellRequest(tx: Tx, input: NewApproval): Promise<void> {
    const { actor, action, reason } = input;
    await this.#appendEvent(tx, {
      workspaceId: input.workspaceId,
      type: 'APPROVAL_REQUESTED',
      payload: { approval_id: input.id, action, reason, task_id: input.taskId },
      actor,
    });
    if (input.parentId === null) return;
    await this.#appendEvent(tx, {
      workspaceId: input.parentId,
      type: 'APPROVAL_ESCALATED',
      payload: { approval_id: input.id, from_workspace_id: input.workspaceId, action, reason },
      actor,
    });
  }

  /** Both families: the canvas knows the first, agents wait for the second. */
  async #tellDecision(tx: Tx, { id, workspaceId, status, decidedBy, actor }: Decision): Promise<void> {
    await this.#appendEvent(tx, {
      workspaceId,
      type: status === 'approved' ? 'APPROVAL_APPROVED' : 'APPROVAL_DENIED',
      payload: { approval_id: id, decision: status, decided_by: decidedBy },
      actor,
    });
    await this.#appendEvent(tx, {
      workspaceId,
      type: 'APPROVAL_DECIDED',
      payload: { approval_id: id, status, decided_by: decidedBy },
      actor,
    });
  }
}

function toApproval(row: Row): Approval {
  return {
    id: row.id,
    workspaceId: row.workspace_id,
    taskId: row.task_id,
    action: row.action,
    reason: row.reason,
    status: row.status,
    decidedBy: row.decided_by,
    decidedAt: row.decided_at,
    createdAt: row.created_at,
    deadlineAt: row.deadline_at,
  };
}
