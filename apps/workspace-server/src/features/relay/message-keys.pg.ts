// Message keys on Postgres. Rows are written with the activity row of the hop, or with the queued message.

import type { Db } from '@molecule/postgres';
import { type KeptAnswer, type MessageKeyStore, nameOf } from './message-keys.ts';

const PAGE = 20_000;

export class PgMessageKeyStore implements MessageKeyStore {
  readonly #db: Db;

  constructor(db: Db) {
    this.#db = db;
  }

  async find(key: { senderId: string; targetId: string; messageId: string }): Promise<KeptAnswer | null> {
    const [row] = await this.#db.query<{
      digest: Buffer;
      response_status: number;
      response_body: unknown;
      queue_id: string | null;
    }>(
      `select k.digest, k.response_status, k.queue_id, a.response_body
       from message_keys k left join activity a on a.id = k.activity_id
       where k.sender_id = $1 and k.target_id = $2 and k.message_id = $3`,
      [key.senderId, key.targetId, key.messageId],
    );
    if (!row) return null;
    return {
      digest: row.digest,
      responseStatus: row.response_status,
      responseBody: row.response_body,
      queueId: row.queue_id,
    };
  }

  async scan(visit: (key: string) => void): Promise<void> {
    let after = ['', '00000000-0000-0000-0000-000000000000', ''];
    for (;;) {
      const rows = await this.#db.query<{ sender_id: string; target_id: string; message_id: string }>(
        `select sender_id, target_id, message_id from message_keys
         where (sender_id, target_id, message_id) > ($1, $2::uuid, $3)
         order by sender_id, target_id, message_id limit ${PAGE}`,
        after,
      );
      for (const row of rows) {
        visit(nameOf({ senderId: row.sender_id, targetId: row.target_id, messageId: row.message_id }));
      }
      const last = rows.at(-1);
      if (!last || rows.length < PAGE) return;
      after = [last.sender_id, last.target_id, last.message_id];
    }
  }

  async prune(olderThan: number, limit: number): Promise<number> {
    const rows = await this.#db.query(
      `delete from message_keys where (sender_id, target_id, message_id) in
         (select sender_id, target_id, message_id from message_keys where created_at < $1 limit $2)
       returning message_id`,
      [new Date(olderThan), limit],
    );
    return rows.length;
  }
}
