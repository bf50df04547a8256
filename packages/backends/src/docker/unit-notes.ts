// Unit notes: what this server keeps in its own folder about the containers of a workspace: what it noted while it
// started and ended them, what they printed before they were removed, and which files it wrote into their volumes.

import { appendFile, mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { LogLines, LogQuery } from '../backend.ts';
import { type FolderArchive, packFolder, unpackFolder } from '../folder-archive.ts';
import { pathsOf, type UnitPaths, writeAtomically } from '../unit-folders.ts';
import { noteLaunch, readLauncherLog, readLog, rotateLog } from '../unit-logs.ts';
import { timed } from './log-frames.ts';

export interface StartRecord {
  /** Below /configs. */
  configFiles: string[];
  /** Who owns the volumes, as `uid:gid`. */
  user: string;
  /** The session reset that was carried out last. */
  sessionResetAt?: number | null;
}

export class UnitNotes {
  readonly #stateDir: string;

  constructor(stateDir: string) {
    this.#stateDir = stateDir;
  }

  async note(workspaceId: string, text: string): Promise<void> {
    await noteLaunch(await this.#folders(workspaceId), text);
  }

  console(workspaceId: string): Promise<string> {
    return readLauncherLog(pathsOf(this.#stateDir, workspaceId));
  }

  bootLog(workspaceId: string, query: LogQuery): Promise<LogLines> {
    return readLog(pathsOf(this.#stateDir, workspaceId).launcherLog, query);
  }

  /** Keeps what a container printed, each line with its time, before the container is removed. */
  async keepOutput(workspaceId: string, lines: LogLines['lines']): Promise<void> {
    if (lines.length === 0) return;
    const paths = await this.#folders(workspaceId);
    const text = lines.map(({ at, text }) => `${at} ${text}\n`).join('');
    await appendFile(paths.runtimeLog, text, { mode: 0o600 });
    await rotateLog(paths);
  }

  async keptOutput(workspaceId: string, tail: number): Promise<LogLines['lines']> {
    const { runtimeLog } = pathsOf(this.#stateDir, workspaceId);
    const { lines } = await readLog(runtimeLog, { source: 'runtime', tail });
    return lines.map((line) => ({ ...line, ...timed(line.text) }));
  }

  async saveStart(workspaceId: string, record: StartRecord): Promise<void> {
    const paths = await this.#folders(workspaceId);
    await writeAtomically(join(paths.run, 'start.json'), JSON.stringify(record), 0o600);
  }

  /** Null when nothing was started, or it is not known what. */
  async lastStart(workspaceId: string): Promise<StartRecord | null> {
    try {
      const path = join(pathsOf(this.#stateDir, workspaceId).run, 'start.json');
      const record = JSON.parse(await readFile(path, 'utf8')) as StartRecord;
      return Array.isArray(record.configFiles) && typeof record.user === 'string' ? record : null;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT' || error instanceof SyntaxError) return null;
      throw error;
    }
  }

  /** The log, to carry it to another backend. */
  packLog(workspaceId: string): FolderArchive {
    return packFolder(pathsOf(this.#stateDir, workspaceId).log, new Set());
  }

  async unpackLog(workspaceId: string, tar: Readable): Promise<void> {
    await unpackFolder((await this.#folders(workspaceId)).log, tar);
  }

  async erase(workspaceId: string): Promise<void> {
    await rm(pathsOf(this.#stateDir, workspaceId).root, { recursive: true, force: true });
  }

  async #folders(workspaceId: string): Promise<UnitPaths> {
    const paths = pathsOf(this.#stateDir, workspaceId);
    for (const dir of [paths.root, paths.run, paths.log]) await mkdir(dir, { recursive: true, mode: 0o700 });
    return paths;
  }
}
