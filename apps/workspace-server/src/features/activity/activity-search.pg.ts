// Activity search on Postgres: looks through the newest LIMITS.sessionSearchRows rows of one workspace.

import { LIMITS } from '@molecule/domain';
import type { Db } from '@molecule/postgres';
import {
  caseSpellings,
  containsPattern,
  jsonSpellings,
  type SessionQuery,
  type SessionRow,
  type SessionSource,
} from './search-session.ts';

interface Row {
  id: string;
  activity_type: string;
  summary: string | null;
  method: string | null;
  status: string;
  created_at: number;
  request_body: unknown;
  response_body: unknown;
}

export class PgActivitySearch implements SessionSource {
  readonly #db: Db;

  constructor(db: Db) {
    this.#db = db;
  }

  async search({ workspaceId, text, limit }: SessionQuery): Promise<SessionRow[]> {
    const spellings = caseSpellings(text);
    const rows = await this.#db.query<Row>(
      `select id, activity_type, summary, method, status, created_at, request_body, response_body
       from (select * from activity where workspace_id = $1 order by seq desc limit $2) newest
       where $3 = ''
         or activity_type ilike any ($4) or summary ilike any ($4) or method ilike any ($4) or status ilike any ($4)
         or request_body::text ilike any ($5) or response_body::text ilike any ($5)
       order by seq desc limit $6`,
      [
        workspaceId,
        LIMITS.sessionSearchRows,
        text,
        spellings.map(containsPattern),
        spellings.flatMap(jsonSpellings).map(containsPattern),
        limit,
      ],
    );
    return rows.map((row) => ({
      kind: 'activity',
      id: row.id,
      workspaceId,
      label: row.activity_type,
      content: row.summary ?? '',
      method: row.method,
      status: row.status,
      createdAt: row.created_at,
      requestBody: row.request_body,
      responseBody: row.response_body,
    }));
  }
}
