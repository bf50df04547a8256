// Forget ledger on Postgres. Invariants: forget-ledger.ts.

import type { Clock } from '@molecule/kit';
import type { Db, Tx } from '@molecule/postgres';
import type { AppendIn } from '../events/index.ts';
import type {
  ForgetItem,
  ForgetLedger,
  NewReceipt,
  Provenance,
  Receipt,
  ReceiptSummary,
} from './forget-ledger.ts';

interface ProvenanceRow {
  memory_id: string;
  namespace: string;
  writer_id: string;
  message_id: string | null;
  file: string | null;
  url: string | null;
  subjects: string[];
  derived_from: string[];
  is_outside: boolean;
  created_at: number;
}

interface ReceiptRow {
  id: string;
  subject_kind: Receipt['subjectKind'];
  subject_digest: Buffer;
  requested_by: string;
  state: Receipt['state'];
  created_at: number;
  finished_at: number | null;
  backups_until: number;
}

interface ItemRow {
  kind: ForgetItem['kind'];
  item_id: string;
  namespace: string;
  memory_kind: ForgetItem['memoryKind'];
  why: ForgetItem['why'];
  gone_at: number | null;
}

const FIELDS =
  'memory_id, namespace, writer_id, message_id, file, url, subjects, derived_from, is_outside, created_at';
const RECEIPT =
  'id, subject_kind, subject_digest, requested_by, state, created_at, finished_at, backups_until';
const FROM = {
  message: 'message_id = $1',
  file: 'file = $1',
  url: 'url = $1',
  subject: 'subjects @> array[lower($1)]',
} as const;
/** How much of an id an activity quotes. */
const QUOTED_CHARS = 24;

export class PgForgetLedger implements ForgetLedger {
  readonly #db: Db;
  readonly #clock: Clock;
  readonly #appendEvent: AppendIn<Tx>;

  constructor(db: Db, clock: Clock, appendEvent: AppendIn<Tx>) {
    this.#db = db;
    this.#clock = clock;
    this.#appendEvent = appendEvent;
  }

  async noteProvenance(one: Omit<Provenance, 'createdAt'>): Promise<void> {
    await this.#db.query(
      `insert into memory_provenance (${FIELDS}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
       on conflict (memory_id) do nothing`,
      [
        one.memoryId,
        one.namespace,
        one.writerId,
        one.messageId,
        one.file,
        one.url,
        one.subjects,
        one.derivedFrom,
        one.isOutside,
        this.#now(),
      ],
    );
  }

  async provenanceOf(memoryIds: readonly string[]): Promise<ReadonlyMap<string, Provenance>> {
    if (memoryIds.length === 0) return new Map();
    const rows = await this.#db.query<ProvenanceRow>(
      `select ${FIELDS} from memory_provenance where memory_id = any($1)`,
      [memoryIds],
    );
    return new Map(rows.map((row) => [row.memory_id, toProvenance(row)]));
  }

  async from(kind: keyof typeof FROM, value: string, limit: number): Promise<Provenance[]> {
    const rows = await this.#db.query<ProvenanceRow>(
      `select ${FIELDS} from memory_provenance where ${FROM[kind]} order by memory_id limit $2`,
      [value, limit],
    );
    return rows.map(toProvenance);
  }

  async derivedFrom(memoryIds: readonly string[], limit: number): Promise<Provenance[]> {
    if (memoryIds.length === 0) return [];
    const rows = await this.#db.query<ProvenanceRow>(
      `select ${FIELDS} from memory_provenance where derived_from && $1 order by memory_id limit $2`,
      [memoryIds, limit],
    );
    return rows.map(toProvenance);
  }

  async writtenBy(workspaceId: string, limit: number): Promise<{ memoryId: string; namespace: string }[]> {
    const rows = await this.#db.query<{ memory_id: string; namespace: string }>(
      'select memory_id, namespace from memory_authors where writer_id = $1 order by memory_id limit $2',
      [workspaceId, limit],
    );
    return rows.map((row) => ({ memoryId: row.memory_id, namespace: row.namespace }));
  }

  async mentions(
    memoryIds: readonly string[],
    limit: number,
  ): Promise<{ id: string; workspaceId: string }[]> {
    if (memoryIds.length === 0) return [];
    const rows = await this.#db.query<{ id: string; workspace_id: string }>(
      `select id, workspace_id from activity
       where activity_type = 'memory_write' and substring(summary from '\\(id=([^)]*)\\)$') = any($1)
       order by seq limit $2`,
      [memoryIds.map((id) => id.slice(0, QUOTED_CHARS)), limit],
    );
    return rows.map((row) => ({ id: row.id, workspaceId: row.workspace_id }));
  }

  open(receipt: NewReceipt): Promise<void> {
    return this.#db.tx(async (tx) => {
      await tx.query(
        `insert into forget_receipts (${RECEIPT}) values ($1, $2, $3, $4, 'pending', $5, null, $6)`,
        [
          receipt.id,
          receipt.subjectKind,
          receipt.subjectDigest,
          receipt.requestedBy,
          this.#now(),
          new Date(receipt.backupsUntil),
        ],
      );
      const column = <T>(pick: (item: ForgetItem) => T): T[] => receipt.items.map(pick);
      await tx.query(
        `insert into forget_items (receipt_id, kind, item_id, namespace, memory_kind, why)
         select $1, i.* from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[]) i
         on conflict do nothing`,
        [
          receipt.id,
          column((item) => item.kind),
          column((item) => item.id),
          column((item) => item.namespace),
          column((item) => item.memoryKind),
          column((item) => item.why),
        ],
      );
      const payload = {
        action: 'memory.forget',
        actor: receipt.requestedBy,
        receipt_id: receipt.id,
        subject: receipt.subjectKind,
        items: receipt.items.length,
      };
      await this.#appendEvent(tx, { workspaceId: null, type: 'AUDIT', payload, actor: receipt.requestedBy });
    });
  }

  async pending(limit: number): Promise<string[]> {
    const rows = await this.#db.query<{ id: string }>(
      `select id from forget_receipts where state = 'pending' order by created_at limit $1`,
      [limit],
    );
    return rows.map(({ id }) => id);
  }

  async read(receiptId: string): Promise<Receipt | null> {
    const [row] = await this.#db.query<ReceiptRow>(`select ${RECEIPT} from forget_receipts where id = $1`, [
      receiptId,
    ]);
    if (!row) return null;
    const items = await this.#db.query<ItemRow>(
      `select kind, item_id, namespace, memory_kind, why, gone_at from forget_items
       where receipt_id = $1 order by why, kind, namespace, item_id`,
      [receiptId],
    );
    return { ...toReceipt(row), items: items.map(toItem) };
  }

  async list(limit: number): Promise<ReceiptSummary[]> {
    const rows = await this.#db.query<ReceiptRow & { memories: number; keys: number; activities: number }>(
      `select ${RECEIPT}, i.memories, i.keys, i.activities from forget_receipts r
       cross join lateral (
         select count(*) filter (where kind = 'memory')::int as memories,
           count(*) filter (where kind = 'key')::int as keys,
           count(*) filter (where kind = 'activity')::int as activities
         from forget_items where receipt_id = r.id) i
       order by created_at desc, id limit $1`,
      [limit],
    );
    return rows.map(({ memories, keys, activities, ...row }) => ({
      ...toReceipt(row),
      memories,
      keys,
      activities,
    }));
  }

  gone(receiptId: string, { kind, id, namespace }: ForgetItem): Promise<void> {
    return this.#db.tx(async (tx) => {
      await tx.query(
        `update forget_items set gone_at = $5
         where receipt_id = $1 and kind = $2 and item_id = $3 and namespace = $4 and gone_at is null`,
        [receiptId, kind, id, namespace, this.#now()],
      );
      if (kind === 'memory') await dropMemory(tx, id);
      if (kind === 'activity')
        await tx.query(
          `update activity set summary = '[forgotten on request]', request_body = null, response_body = null,
             tool_trace = null where id = $1`,
          [id],
        );
    });
  }

  async finish(receiptId: string): Promise<boolean> {
    const rows = await this.#db.query(
      `update forget_receipts set state = 'done', finished_at = $2 where id = $1 and state = 'pending'
         and not exists (select from forget_items where receipt_id = $1 and gone_at is null)
       returning id`,
      [receiptId, this.#now()],
    );
    return rows.length > 0;
  }

  async forgotten(memoryIds: readonly string[]): Promise<ReadonlySet<string>> {
    if (memoryIds.length === 0) return new Set();
    const rows = await this.#db.query<{ item_id: string }>(
      `select item_id from forget_items where kind = 'memory' and item_id = any($1)`,
      [memoryIds],
    );
    return new Set(rows.map((row) => row.item_id));
  }

  async dropNamespace(namespace: string): Promise<void> {
    await this.#db.tx(async (tx) => {
      await tx.query(
        `delete from memory_reads where memory_id in (select memory_id from memory_provenance where namespace = $1)`,
        [namespace],
      );
      await tx.query('delete from memory_provenance where namespace = $1', [namespace]);
      await tx.query('delete from memory_suggestions where namespace = $1', [namespace]);
    });
  }

  #now(): Date {
    return new Date(this.#clock.now());
  }
}

async function dropMemory(tx: Tx, id: string): Promise<void> {
  await tx.query('delete from memory_authors where memory_id = $1', [id]);
  await tx.query('delete from memory_provenance where memory_id = $1', [id]);
  await tx.query('delete from memory_reads where memory_id = $1', [id]);
  await tx.query('delete from memory_suggestions where memory_id = $1 or other_id = $1', [id]);
}

function toProvenance(row: ProvenanceRow): Provenance {
  return {
    memoryId: row.memory_id,
    namespace: row.namespace,
    writerId: row.writer_id,
    messageId: row.message_id,
    file: row.file,
    url: row.url,
    subjects: row.subjects,
    derivedFrom: row.derived_from,
    isOutside: row.is_outside,
    createdAt: row.created_at,
  };
}

function toReceipt(row: ReceiptRow): Omit<Receipt, 'items'> {
  return {
    id: row.id,
    subjectKind: row.subject_kind,
    subjectDigest: row.subject_digest,
    requestedBy: row.requested_by,
    state: row.state,
    createdAt: row.created_at,
    finishedAt: row.finished_at,
    backupsUntil: row.backups_until,
  };
}

function toItem(row: ItemRow): ForgetItem & { goneAt: number | null } {
  return {
    kind: row.kind,
    id: row.item_id,
    namespace: row.namespace,
    memoryKind: row.memory_kind,
    why: row.why,
    goneAt: row.gone_at,
  };
}
