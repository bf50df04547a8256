// Archived tables: what becomes of each table of a tenant when its organisation leaves. A table that stands in neither list
// fails a test.

export interface ArchivedTable {
  name: string;
  /** The columns that order its rows, with their types. */
  key: readonly (readonly [name: string, type: string])[];
  /** The column with the workspace that a row belongs to; null: it belongs to the organisation. */
  owner: string | null;
  /** Given by the database that keeps the row. */
  without: readonly string[];
}

export const ARCHIVED_TABLES: readonly ArchivedTable[] = [
  { name: 'config_documents', key: [['workspace_id', 'uuid']], owner: 'workspace_id', without: [] },
  {
    name: 'key_values',
    key: [
      ['workspace_id', 'uuid'],
      ['key', 'text'],
    ],
    owner: 'workspace_id',
    without: [],
  },
  { name: 'agents', key: [['id', 'uuid']], owner: 'workspace_id', without: [] },
  { name: 'approvals', key: [['id', 'uuid']], owner: 'workspace_id', without: [] },
  { name: 'delegations', key: [['id', 'text']], owner: 'source_id', without: [] },
  { name: 'activity', key: [['seq', 'bigint']], owner: 'workspace_id', without: ['seq'] },
  { name: 'canvas_viewport', key: [['only_row', 'boolean']], owner: null, without: [] },
];

/** Why a table stays, or how else what it says gets along. */
export const LEFT_OUT: Readonly<Record<string, string>> = {
  workspaces: 'goes as the chart',
  workspace_files: 'goes with its workspace',
  secrets: 'its names go, its values never',
  secrets_place: 'names what seals are bound to here',
  org_tokens: 'a key',
  workspace_tokens: 'a key',
  sessions: 'a key',
  sign_in_codes: 'a key',
  memory_authors: 'made anew as the memories come in',
  memory_provenance: 'where memories come from stays here',
  forget_receipts: 'receipts of what was forgotten here',
  forget_items: 'receipts of what was forgotten here',
  memory_reads: 'noted anew',
  memory_care: 'noted anew',
  memory_suggestions: 'found anew',
  memory_audit: 'becomes activity within moments',
  memory_purges: 'work that is under way here',
  memory_seeds: 'work that is under way here',
  events: 'the log of a workspace begins anew with its import',
  event_sequence: 'counts the events of one tenant',
  config_generations: 'numbers begin anew with the import',
  config_heads: 'numbers begin anew with the import',
  inbox: 'messages on their way are not carried; whoever sent them hears of it',
  message_keys: 'answers to repeats, by this tenant',
  request_keys: 'answers to repeats, by this tenant',
  webhook_deliveries: 'deliveries to this tenant',
  workspace_vitals: 'what heartbeats say; the next ones say it again',
};
