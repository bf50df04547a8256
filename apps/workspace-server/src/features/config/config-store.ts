// Config store: the numbered configurations of workspaces, and their settings documents.
//
//   G1. A configuration is numbered in the transaction that changes it: row, secret, file or document and its generation
//       are committed together or not at all. A change that changes nothing gets no number.
//   G2. A generation never changes. The newest LIMITS.configGenerations of a workspace are kept.
//   G3. Numbers of one workspace go up without a gap: its head is locked while the next one is given.
//   G4. A unit never runs less than its number says: the number is read before the contents are.

/** What an agent should run, must run at least, and was last started with. */
export interface ConfigHead {
  workspaceId: string;
  number: number;
  restartAtLeast: number;
  started: number | null;
}

export interface ConfigChange {
  workspaceIds: readonly string[];
  /** What was saved, in a word: `created`, `secret`, `files`, `document`, `fields`. */
  cause: string;
  actor: string;
  /** The agent must be started again to run it. */
  needsRestart: boolean;
  /** Whether each workspace is told with an event of its own. */
  isTold: boolean;
}

export interface Generation {
  number: number;
  /** SHA-256 of the contents, hex. */
  digest: string;
  cause: string;
  createdBy: string;
  /** Epoch milliseconds. */
  createdAt: number;
}

export interface ConfigStore<Tx = unknown> {
  loadHeads(): Promise<ConfigHead[]>;
  /** Call it after the writes of the same transaction (G1). Returns the heads that moved. */
  recordIn(tx: Tx, change: ConfigChange): Promise<ConfigHead[]>;
  /** A unit is about to be prepared: from now on it counts as started with the newest number (G4). */
  noteStarted(workspaceId: string): Promise<ConfigHead | null>;
  /** Newest first. */
  list(workspaceId: string, limit: number): Promise<Generation[]>;
  readDocument(workspaceId: string): Promise<Record<string, unknown>>;
  /** Merges at the top level. */
  mergeDocument(workspaceId: string, patch: Record<string, unknown>, actor: string): Promise<ConfigHead[]>;
}
