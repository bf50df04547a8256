// Delivery store on Postgres.

import type { Clock } from '@molecule/kit';
import type { Db } from '@molecule/postgres';
import type { DeliveryStore } from './delivery-store.ts';

export class PgDeliveryStore implements DeliveryStore {
  readonly #db: Db;
  readonly #clock: Clock;

  constructor(db: Db, clock: Clock) {
    this.#db = db;
    this.#clock = clock;
  }

  async isKnown(source: string, deliveryId: string, since: number): Promise<boolean> {
    const rows = await this.#db.query(
      'select 1 from webhook_deliveries where source = $1 and delivery_id = $2 and received_at > $3',
      [source, deliveryId, new Date(since)],
    );
    return rows.length > 0;
  }

  async remember(source: string, deliveryId: string): Promise<void> {
    await this.#db.query(
      `insert into webhook_deliveries (source, delivery_id, received_at) values ($1, $2, $3)
       on conflict (source, delivery_id) do update set received_at = excluded.received_at`,
      [source, deliveryId, new Date(this.#clock.now())],
    );
  }

  async prune(olderThan: number, limit: number): Promise<number> {
    const rows = await this.#db.query(
      `delete from webhook_deliveries where (source, delivery_id) in
         (select source, delivery_id from webhook_deliveries where received_at < $1 order by received_at limit $2)
       returning 1`,
      [new Date(olderThan), limit],
    );
    return rows.length;
  }
}
