// Unit files: the folders of one process unit and the record of what runs in it.
//
//   <state>/ws-<id>/{configs,workspace,sessions,run,log}

import { chmod, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { faults, isUuid } from '@molecule/domain';

export interface UnitRecord {
  /** `starting` is written before the process exists, so that a crash in between leaves a trace. */
  phase: 'starting' | 'running';
  pid: number;
  startTime: string;
  port: number;
  createdAt: number;
  /** What the unit sees as its /workspace; absent: its own folder. */
  folder?: string;
}

export interface UnitPaths {
  root: string;
  configs: string;
  workspace: string;
  sessions: string;
  run: string;
  log: string;
  /** What the agent prints. */
  runtimeLog: string;
  /** What we noted about starting and ending it. */
  launcherLog: string;
}

export function pathsOf(stateDir: string, workspaceId: string): UnitPaths {
  if (!isUuid(workspaceId)) throw faults.invalidWorkspaceId();
  const root = join(stateDir, `ws-${workspaceId}`);
  return {
    root,
    configs: join(root, 'configs'),
    workspace: join(root, 'workspace'),
    sessions: join(root, 'sessions'),
    run: join(root, 'run'),
    log: join(root, 'log'),
    runtimeLog: join(root, 'log', 'runtime.log'),
    launcherLog: join(root, 'log', 'launcher.log'),
  };
}

export async function prepareFolders(paths: UnitPaths): Promise<void> {
  for (const dir of [paths.root, paths.configs, paths.workspace, paths.sessions, paths.run, paths.log]) {
    await mkdir(dir, { recursive: true, mode: 0o700 });
  }
}

/** The file is there whole, with its mode, or not at all. Replaces a link, never follows it. */
export async function writeAtomically(target: string, content: string, mode: number): Promise<void> {
  const half = `${target}.${process.pid}.new`;
  await rm(half, { recursive: true, force: true });
  try {
    await writeFile(half, content, { mode, flag: 'wx' });
    await chmod(half, mode);
    await rename(half, target);
  } catch (error) {
    await rm(half, { force: true });
    throw error;
  }
}

export async function saveRecord(paths: UnitPaths, record: UnitRecord): Promise<void> {
  await writeAtomically(join(paths.run, 'unit.json'), JSON.stringify(record), 0o600);
}

/** Null when there is none. A record that makes no sense is none: the search by environment finds the process. */
export async function readRecord(paths: UnitPaths): Promise<UnitRecord | null> {
  try {
    const record = JSON.parse(await readFile(join(paths.run, 'unit.json'), 'utf8')) as UnitRecord;
    return Number.isInteger(record.pid) && typeof record.startTime === 'string' ? record : null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' || error instanceof SyntaxError) return null;
    throw error;
  }
}

export async function dropRecord(paths: UnitPaths): Promise<void> {
  await rm(join(paths.run, 'unit.json'), { force: true });
}

export async function erase(paths: UnitPaths): Promise<void> {
  await rm(paths.root, { recursive: true, force: true, maxRetries: 3 });
}

/** Only folders that carry a whole id: a name that merely begins alike is not ours. */
export async function listUnitIds(stateDir: string): Promise<string[]> {
  const entries = await readdir(stateDir, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory() && entry.name.startsWith('ws-'))
    .map((entry) => entry.name.slice(3))
    .filter(isUuid);
}
