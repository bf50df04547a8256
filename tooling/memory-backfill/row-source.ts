// Row source: memories in the order of their ids, from a table or a file, so that a run can go on where another stopped.

export interface SourceRow {
  id: string;
  content: string;
  scope: string;
  namespace: string | null;
  /** RFC 3339. */
  created_at: string | null;
  workspace_id: string | null;
  workspace_name: string | null;
}

export interface RowSource {
  /** For people and reports: no password in it. */
  readonly name: string;
  /** Rows whose id is greater than `after`, in ascending order of ids (by code unit); empty at the end. */
  page(after: string, limit: number): Promise<SourceRow[]>;
  close(): Promise<void>;
}
