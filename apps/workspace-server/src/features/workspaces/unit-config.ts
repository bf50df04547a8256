// Unit config: what this feature asks of those who number configurations and keep secrets.

import type { Secret } from '@molecule/kit';
import type { Tx } from '@molecule/postgres';

export interface ConfigChange {
  workspaceIds: readonly string[];
  /** What was saved, in a word. */
  cause: string;
  actor: string;
  /** The agent must be started again to run it. */
  needsRestart: boolean;
  /** Whether each workspace is told with an event of its own. */
  isTold: boolean;
}

export interface ConfigNumbers {
  /** In the transaction of the change, after its writes. Call what it resolves to after the commit. */
  recordIn(tx: Tx, change: ConfigChange): Promise<() => void>;
  /** A unit is about to be prepared; resolves with the number that it runs at least. */
  begin(workspaceId: string): Promise<number | null>;
  view(workspaceId: string, reported: number | null): ConfigView;
}

export interface ConfigView {
  wanted: number | null;
  running: number | null;
  isDrifted: boolean;
}

/** The secrets that reach a unit, by name. */
export interface UnitSecrets {
  global: ReadonlyMap<string, Secret>;
  own: ReadonlyMap<string, Secret>;
}

export interface WorkspaceSecrets {
  /**
   * Checks and seals the secrets of a new workspace, then runs `commit` with the function that writes them in its
   * transaction. Throws INVALID_REQUEST, or INTERNAL `failed to encrypt secret: <K>`.
   */
  withSealed<T>(
    workspaceId: string,
    actor: string,
    values: Readonly<Record<string, string>>,
    commit: (keepIn: (tx: Tx) => Promise<void>) => Promise<T>,
  ): Promise<T>;
  removeAllIn(tx: Tx, workspaceIds: readonly string[]): Promise<void>;
  /** All of them or none: throws SECRET_UNREADABLE. */
  open(workspaceId: string): Promise<UnitSecrets>;
}
