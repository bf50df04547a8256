// Units: the controller's view of the dispatcher. A unit is whatever runs one workspace, on any backend.

import type { BackendName, Isolation } from '@molecule/domain';

export interface UnitSpec {
  workspaceId: string;
  name: string;
  role: string | null;
  runtime: string;
  engine: string;
  tier: 1 | 2 | 3 | 4;
  model: string | null;
  parentId: string | null;
  configFiles: Record<string, string>;
  env: Record<string, string>;
  authToken: string;
  /** A session that was saved before is dropped at the start. Epoch milliseconds; null: keep what is there. */
  sessionResetAt: number | null;
  workspaceDir: string | null;
  workspaceAccess: 'none' | 'read_only' | 'read_write';
}

export type StartOutcome =
  | { isStarted: true; url: string; isolation: Isolation }
  | { isStarted: false; reason: string; detail: string };

export interface Units {
  start(spec: UnitSpec, backend: BackendName): Promise<StartOutcome>;
  /** Idempotent: already gone is success; a real failure rejects. */
  stop(workspaceId: string, backend: BackendName): Promise<void>;
  erase(workspaceId: string, backend: BackendName): Promise<void>;
  /** Ends the unit on `from` and brings what it keeps to `to`; `from` keeps its copy. Repeatable after a failure. */
  carry(workspaceId: string, from: BackendName, to: BackendName): Promise<void>;
  probe(workspaceId: string, backend: BackendName): Promise<'running' | 'gone' | 'unknown'>;
  /** `unknown` means: skip this sweep, never "empty". */
  list(): Promise<{ workspaceId: string; backend: BackendName; isRunning: boolean }[] | 'unknown'>;
  hasProvisioner(): boolean;
  /** The last lines that the agent printed. */
  logTail(workspaceId: string, backend: BackendName, lines: number): Promise<string[]>;
  onExit(listener: (workspaceId: string, exit: { code: number | null }) => void): void;
}
