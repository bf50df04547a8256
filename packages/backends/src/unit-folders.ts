// Unit folders: where this server keeps what belongs to one unit.
//
//   <state>/ws-<id>/{configs,workspace,sessions,run,log}

import { chmod, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { faults, isUuid } from '@molecule/domain';

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
