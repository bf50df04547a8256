// Backend: where a unit (the process or container of one workspace) runs. One interface, one suite, every implementation.
// Nobody outside this package holds a Backend: the dispatcher is the only door.

import type { Readable } from 'node:stream';
import type { Isolation, Tier, WorkspaceAccess } from '@molecule/domain';
import type { Loop } from '@molecule/kit';
import type { CarriedFolder, FolderArchive } from './folder-archive.ts';
import type { FileEntry, FilePlace, OpenFile } from './unit-file.ts';

export type BackendKind = 'process' | 'docker' | 'cloud' | 'external' | 'fake';

/** Everything that a start needs. Config and token are complete before the agent can read them. */
export interface WorkspaceSpec {
  workspaceId: string;
  name: string;
  runtime: string;
  /** Which installed engine runs this workspace. */
  engine: string;
  tier: Tier;
  parentId: string | null;
  /** Relative path below /configs → content. */
  configFiles: Readonly<Record<string, string>>;
  /** What the agent gets beside the base environment. */
  env: Readonly<Record<string, string>>;
  authToken: string;
  /** Saved sessions from before this moment are dropped by the start. Epoch milliseconds; null or absent keeps them. */
  sessionResetAt?: number | null;
  /** A folder of the host that is the unit's /workspace, where `workspaceAccess` says so. */
  workspaceDir: string | null;
  workspaceAccess: WorkspaceAccess;
}

export interface UnitHandle {
  /** Where the tenant reaches the agent. */
  url: string;
  /** What this start really put around the agent. */
  isolation: Isolation;
}

/** Tri-state: `unknown` never triggers a destructive act. */
export type Probe = 'running' | 'gone' | 'unknown';

export interface Unit {
  workspaceId: string;
  state: Probe;
  /** Epoch milliseconds; null when it is not known. */
  createdAt: number | null;
}

/** How a unit ended; both null when only its absence was seen. */
export interface UnitExit {
  code: number | null;
  signal: string | null;
  /** In words for people, where the backend ended it for a limit. */
  reason?: string;
}

export type ExitListener = (workspaceId: string, exit: UnitExit) => void;

/** `runtime`: what the agent printed. `boot`: what the backend noted while it started and ended the unit. */
export type LogSource = 'runtime' | 'boot';

export interface LogQuery {
  source: LogSource;
  /** The newest so many lines at most. */
  tail: number;
  /** The `cursor` of an earlier answer: only what came after it. */
  after?: string;
}

export interface LogLines {
  /** `at`: RFC 3339; null where the line does not say. */
  lines: { at: string | null; stream: 'stdout' | 'stderr'; text: string }[];
  /** Older lines were left out. */
  isTruncated: boolean;
  /** Where the next read goes on. Opaque. */
  cursor: string;
}

/** A shell in the unit, on a terminal of its own. */
export interface TerminalSession {
  onOutput(listener: (bytes: Uint8Array) => void): void;
  /** Once, when the shell ended, whoever ended it. */
  onExit(listener: () => void): void;
  write(bytes: Uint8Array): void;
  resize(columns: number, rows: number): void;
  /** Ends the shell and what it started. */
  close(): void;
}

export interface BackendHealth {
  isOk: boolean;
  detail: string;
  /** What a workspace is really kept in; never more than is true. */
  isolation: string;
}

export interface Backend {
  readonly kind: BackendKind;
  /** Replaces a stale unit of the same workspace; on failure, or when aborted, leaves nothing running. */
  start(spec: WorkspaceSpec, signal: AbortSignal): Promise<UnitHandle>;
  /** Idempotent: gone or unknown is success; a real failure rejects. */
  stop(workspaceId: string): Promise<void>;
  /** Stops and erases what the unit kept. */
  stopAndPrune(workspaceId: string): Promise<void>;
  probe(workspaceId: string): Promise<Probe>;
  logs(workspaceId: string, query: LogQuery): Promise<LogLines>;
  /** NOT_RUNNING while the unit does not run. */
  terminal(workspaceId: string, columns: number, rows: number): Promise<TerminalSession>;
  /** What the backend noted while it started and ended the unit. At most 256 KiB. */
  console(workspaceId: string): Promise<string>;
  /** Erases what the unit kept; rejects while it runs. */
  removeVolumes(workspaceId: string): Promise<void>;
  /** For a unit that starts later, or that reads its token again. */
  writeAuthToken(workspaceId: string, token: string): Promise<void>;
  /** Writes below /configs, all or nothing per file; works on stopped units too. */
  writeConfigFiles(workspaceId: string, files: Readonly<Record<string, string>>): Promise<void>;
  /** Null: there is no such file. */
  readConfigFile(workspaceId: string, path: string): Promise<string | null>;
  /** The live folders of a unit that runs; NOT_RUNNING otherwise. Null: there is no such folder. */
  listFiles(workspaceId: string, place: FilePlace, depth: number): Promise<FileEntry[] | null>;
  /** Null: there is no such file. */
  openFile(workspaceId: string, place: FilePlace): Promise<OpenFile | null>;
  /** Whole or not at all; makes the folders on the way. */
  writeFile(workspaceId: string, place: FilePlace, content: Uint8Array): Promise<void>;
  /** Says whether there was something. A folder goes with what is in it. */
  deleteFile(workspaceId: string, place: FilePlace): Promise<boolean>;
  /**
   * What a unit that does not run keeps in one folder, to be carried to another backend. Without what every start writes
   * anew. Empty where nothing was kept; CONFLICT while it runs. Resolves after `take` has.
   */
  packFolder(
    workspaceId: string,
    folder: CarriedFolder,
    take: (archive: FolderArchive) => Promise<void>,
  ): Promise<void>;
  /** Into a unit that does not run and keeps nothing yet in this folder. */
  unpackFolder(workspaceId: string, folder: CarriedFolder, tar: Readable): Promise<void>;
  /** Rejects when the backend cannot tell: that means "skip this sweep", never "empty". */
  listUnits(): Promise<Unit[]>;
  health(): Promise<BackendHealth>;
  /** Tells of units that ended without being asked to. */
  onExit(listener: ExitListener): void;
  /** Background work that the owner of the dispatcher runs under its supervisor. */
  loops(): readonly Loop[];
}
