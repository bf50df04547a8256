// Viewport store on Postgres.

import type { Db } from '@molecule/postgres';
import type { Viewport, ViewportStore } from './viewport-store.ts';

export class PgViewportStore implements ViewportStore {
  readonly #db: Db;

  constructor(db: Db) {
    this.#db = db;
  }

  async read(): Promise<Viewport> {
    const [row] = await this.#db.query<Viewport>('select x, y, zoom from canvas_viewport');
    return row ?? { x: 0, y: 0, zoom: 1 };
  }

  async save({ x, y, zoom }: Viewport): Promise<void> {
    await this.#db.query(
      `insert into canvas_viewport (x, y, zoom) values ($1, $2, $3)
       on conflict (only_row) do update set x = excluded.x, y = excluded.y, zoom = excluded.zoom`,
      [x, y, zoom],
    );
  }
}
