// Unit files: the folders of one process unit, its config and token, and the record of what runs.
//
//   <state>/ws-<id>/{configs,workspace,sessions,run,log}
//
//   F1. Config and token are complete, and the token has mode 0600, before the agent starts.
//   F2. Nothing is written outside the unit's folder: every path is checked.

import { chmod, mkdir, readdir, readFile, rename, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { faults, isUuid } from '@molecule/domain';
import type { LogLines, WorkspaceSpec } from '../backend.ts';

const MAX_TREE_BYTES = 16 * 1024 * 1024;
const MAX_LOG_BYTES = 10 * 1024 * 1024;
const KEPT_LOGS = 3;

export interface UnitRecord {
  pid: number;
  startTime: string;
  port: number;
  createdAt: number;
}

export interface UnitPaths {
  root: string;
  configs: string;
  workspace: string;
  sessions: string;
  run: string;
  log: string;
  logFile: string;
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
    logFile: join(root, 'log', 'runtime.log'),
  };
}

export async function prepareFolders(paths: UnitPaths): Promise<void> {
  for (const dir of [paths.root, paths.configs, paths.workspace, paths.sessions, paths.run, paths.log]) {
    await mkdir(dir, { recursive: true, mode: 0o700 });
  }
}

export async function writeConfig(paths: UnitPaths, spec: WorkspaceSpec): Promise<void> {
  const files = Object.entries(spec.configFiles);
  if (!spec.configFiles['config.yaml']) throw faults.configMissing('this workspace has no config.yaml');
  const bytes = files.reduce((sum, [, content]) => sum + Buffer.byteLength(content), 0);
  if (bytes > MAX_TREE_BYTES) throw faults.invalidRequest('the /configs tree is larger than 16 MiB');
  for (const [path, content] of files) {
    const target = resolveInside(paths.configs, path);
    await mkdir(dirname(target), { recursive: true, mode: 0o700 });
    await writeAtomically(target, content, 0o644);
  }
  await writeAtomically(join(paths.configs, '.auth_token'), spec.authToken, 0o600);
}

function resolveInside(root: string, path: string): string {
  const target = resolve(root, path);
  const inside = relative(root, target);
  if (path === '' || path.includes('\0') || isAbsolute(path) || inside === '' || inside.startsWith('..')) {
    throw faults.invalidRequest('invalid path');
  }
  return target;
}

async function writeAtomically(target: string, content: string, mode: number): Promise<void> {
  const half = `${target}.${process.pid}.new`;
  await writeFile(half, content, { mode });
  await chmod(half, mode);
  await rename(half, target);
}

export async function saveRecord(paths: UnitPaths, record: UnitRecord): Promise<void> {
  await writeAtomically(join(paths.run, 'unit.json'), JSON.stringify(record), 0o600);
}

/** Null when there is none. An unreadable record is no record: the search by environment finds the process. */
export async function readRecord(paths: UnitPaths): Promise<UnitRecord | null> {
  try {
    const record = JSON.parse(await readFile(join(paths.run, 'unit.json'), 'utf8')) as UnitRecord;
    return Number.isInteger(record.pid) && typeof record.startTime === 'string' ? record : null;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || error instanceof SyntaxError) return null;
    throw error;
  }
}

export async function dropRecord(paths: UnitPaths): Promise<void> {
  await rm(join(paths.run, 'unit.json'), { force: true });
}

export async function erase(paths: UnitPaths): Promise<void> {
  await rm(paths.root, { recursive: true, force: true });
}

export async function listUnitIds(stateDir: string): Promise<string[]> {
  const entries = await readdir(stateDir, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory() && entry.name.startsWith('ws-'))
    .map((entry) => entry.name.slice(3))
    .filter(isUuid);
}

/** The agent writes to the file itself, so that it outlives us; a file that is too long is copied away and cut. */
export async function rotateLog(paths: UnitPaths): Promise<void> {
  const { size } = await stat(paths.logFile).catch(() => ({ size: 0 }));
  if (size <= MAX_LOG_BYTES) return;
  for (let i = KEPT_LOGS - 1; i >= 1; i--) {
    await rename(`${paths.logFile}.${i}`, `${paths.logFile}.${i + 1}`).catch(() => {});
  }
  await writeFile(`${paths.logFile}.1`, await readFile(paths.logFile), { mode: 0o600 });
  await truncate(paths.logFile, 0);
}

export async function tailLog(paths: UnitPaths, tail: number): Promise<LogLines> {
  const text = await readFile(paths.logFile, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  const all = text.split('\n').filter((line) => line !== '');
  return {
    lines: all.slice(-tail).map((line) => ({ at: null, stream: 'stdout', text: line })),
    isTruncated: all.length > tail,
  };
}
