// Key-value store: what workspaces keep by key.
//
//   K1. A version grows by one with every write, from 1; what expired counts as absent, also for versions.
//   K2. A conditional write happens at the version it names or not at all, whoever writes at the same time.
//   K3. A workspace keeps at most LIMITS.keyValuesPerWorkspace keys and LIMITS.keyValuesBytesPerWorkspace bytes.

export interface KeyValue {
  key: string;
  value: unknown;
  version: number;
  /** Epoch milliseconds, as the other times. */
  expiresAt: number | null;
  updatedAt: number;
}

export interface KeyValueWrite {
  workspaceId: string;
  key: string;
  /** JSON text. */
  value: string;
  expiresAt: number | null;
  /** Null: whatever version is there. 0: only if the key is absent. */
  ifVersion: number | null;
}

/** `currentVersion` is null when the key is absent. */
export type KeyValueOutcome =
  | { kind: 'stored'; version: number }
  | { kind: 'other_version'; currentVersion: number | null }
  | { kind: 'full' };

export interface KeyValueStore {
  /** Sorted by key. */
  list(workspaceId: string): Promise<KeyValue[]>;
  read(workspaceId: string, key: string): Promise<KeyValue | null>;
  write(write: KeyValueWrite): Promise<KeyValueOutcome>;
  remove(workspaceId: string, key: string): Promise<void>;
  /** Deletes up to `limit` expired rows, and returns how many. */
  sweep(limit: number): Promise<number>;
}
