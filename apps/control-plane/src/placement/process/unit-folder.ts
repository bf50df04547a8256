// Unit folder: where the process driver keeps one workspace that it placed, and what it knows about its process.
//
//   F1. What is known is written whole or not at all, and before what it tells of is done.
//   F2. Config files are complete before the agent starts; what it saved and wrote stays between starts.

import { chmod, chown, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isUuid } from '@molecule/domain';
import type { UnitSpec } from '../unit-driver.ts';

const TOKEN = '.auth_token';
const RESET_MARK = '.reset';

export interface UnitRecord {
  orgId: string;
  workspaceId: string;
  instanceId: string;
  /** On the loopback network that the unit shares with its tenant. */
  address: string;
  /** Null: it runs as ours. */
  uid: number | null;
  pid: number | null;
  startTime: string | null;
}

type Who = Pick<UnitRecord, 'orgId' | 'workspaceId'>;

export class UnitFolders {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  /** Its last part is the mark by which processes of the unit are found. */
  folder({ orgId, workspaceId }: Who): string {
    if (!isUuid(orgId) || !isUuid(workspaceId)) throw new Error('a unit folder is named by two ids');
    return join(this.#root, `${orgId}_${workspaceId}`);
  }

  inside(who: Who, part: 'configs' | 'workspace' | 'sessions'): string {
    return join(this.folder(who), part);
  }

  logFile(who: Who): string {
    return join(this.folder(who), 'boot.log');
  }

  async make(who: Who): Promise<void> {
    await mkdir(this.folder(who), { recursive: true });
    for (const path of [this.#root, this.folder(who)]) await chmod(path, 0o711);
  }

  async listOf(orgId: string): Promise<Who[]> {
    const names = await readdir(this.#root).catch(noneOf);
    return names
      .map((name) => name.split('_'))
      .filter(([org = '', id = '']) => org === orgId && isUuid(id))
      .map(([, workspaceId = '']) => ({ orgId, workspaceId }));
  }

  async takenAddresses(): Promise<Set<string>> {
    const names = (await readdir(this.#root).catch(noneOf)).map((name) => name.split('_'));
    const known = await Promise.all(
      names
        .filter(([org = '', id = '']) => isUuid(org) && isUuid(id))
        .map(([orgId = '', workspaceId = '']) => this.read({ orgId, workspaceId })),
    );
    return new Set(known.flatMap((record) => (record ? [record.address] : [])));
  }

  async read(who: Who): Promise<UnitRecord | null> {
    try {
      return JSON.parse(await readFile(this.#file(who), 'utf8')) as UnitRecord;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    }
  }

  /** F1. */
  async write(record: UnitRecord): Promise<void> {
    const next = `${this.#file(record)}.next`;
    await writeFile(next, JSON.stringify(record), { mode: 0o600 });
    await rename(next, this.#file(record));
  }

  /** F2. Nothing of the unit runs. */
  async fill(spec: UnitSpec, uid: number | null): Promise<void> {
    const own = async (path: string) => {
      if (uid !== null) await chown(path, uid, uid);
    };
    for (const part of ['configs', 'workspace', 'sessions'] as const) {
      await mkdir(this.inside(spec, part), { recursive: true, mode: 0o700 });
      await own(this.inside(spec, part));
    }
    // The agent owned this folder: whatever it made of it, what we write goes into a new one.
    const configs = this.inside(spec, 'configs');
    const next = `${configs}.next`;
    await rm(next, { recursive: true, force: true });
    await mkdir(next, { mode: 0o700 });
    for (const [path, content] of spec.files) {
      const file = join(next, path);
      for (const made of await makeFolders(next, dirname(file))) await own(made);
      await writeFile(file, content, { mode: path === TOKEN ? 0o600 : 0o644 });
      await own(file);
    }
    await own(next);
    await rm(configs, { recursive: true, force: true });
    await rename(next, configs);
    if (spec.sessionResetAt > 0) await this.#dropSessions(spec, own);
  }

  remove(who: Who): Promise<void> {
    return rm(this.folder(who), { recursive: true, force: true, maxRetries: 5 });
  }

  /** The mark of the last reset stands beside the sessions, where the agent does not write. */
  async #dropSessions(spec: UnitSpec, own: (path: string) => Promise<void>): Promise<void> {
    const mark = join(this.folder(spec), RESET_MARK);
    const last = await readFile(mark, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return '0';
      throw error;
    });
    if (Number(last) >= spec.sessionResetAt) return;
    const sessions = this.inside(spec, 'sessions');
    await rm(sessions, { recursive: true, force: true });
    await mkdir(sessions, { mode: 0o700 });
    await own(sessions);
    await writeFile(mark, String(spec.sessionResetAt), { mode: 0o600 });
  }

  #file(who: Who): string {
    return join(this.folder(who), 'unit.json');
  }
}

/** Folders that were made, the outermost first. */
async function makeFolders(root: string, folder: string): Promise<string[]> {
  const made: string[] = [];
  for (let path = folder; path.startsWith(root) && path !== root; path = dirname(path)) made.unshift(path);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return made;
}

function noneOf(error: NodeJS.ErrnoException): string[] {
  if (error.code === 'ENOENT') return [];
  throw error;
}
