// Agent users: a user number of its own for each process unit, out of a range that nothing else on this machine uses.
//
//   A1. Two units never have one number, also not units of two servers on this machine: a number is a file, made once.
//   A2. A unit keeps its number for as long as its folder is there.
//   A3. A number is free again when the folder that it was given to is gone.

import { lstat, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { faults } from '@molecule/domain';

export interface AgentUserOptions {
  /** Where the numbers of this machine are kept; only root writes there. */
  claimsDir: string;
  first: number;
  count: number;
}

export const AGENT_USERS: AgentUserOptions = {
  claimsDir: '/var/lib/molecule/agent-users',
  first: 30_000,
  count: 10_000,
};

export class AgentUsers {
  readonly #options: AgentUserOptions;
  readonly #known = new Map<string, number>();

  constructor(options: AgentUserOptions) {
    this.#options = options;
  }

  /** Rejects where the numbers cannot be kept. */
  async prepare(): Promise<void> {
    await mkdir(this.#options.claimsDir, { recursive: true, mode: 0o700 });
  }

  /** A2. `folder`: the root of the unit, as an absolute path. */
  async claim(folder: string): Promise<number> {
    const kept = await this.of(folder);
    if (kept !== null) return kept;
    const { first, count } = this.#options;
    const offset = Math.floor(Math.random() * count);
    for (let i = 0; i < count; i++) {
      const uid = first + ((offset + i) % count);
      if (!(await this.#take(uid, folder))) continue;
      this.#known.set(folder, uid);
      await this.#note(folder, uid);
      return uid;
    }
    throw faults.backendTransient('every user number for agents is taken on this machine');
  }

  /** Null: this unit has none. */
  async of(folder: string): Promise<number | null> {
    const known = this.#known.get(folder);
    if (known !== undefined) return known;
    const uid = Number(await readOrNull(noteOf(folder)));
    const { first, count } = this.#options;
    if (!Number.isInteger(uid) || uid < first || uid >= first + count) return null;
    if ((await readOrNull(this.#fileOf(uid))) !== folder) return null;
    this.#known.set(folder, uid);
    return uid;
  }

  /** After the folder is gone. */
  async release(folder: string, uid: number): Promise<void> {
    this.#known.delete(folder);
    if ((await readOrNull(this.#fileOf(uid))) === folder) await rm(this.#fileOf(uid), { force: true });
  }

  async #take(uid: number, folder: string): Promise<boolean> {
    const file = this.#fileOf(uid);
    try {
      const made = await open(file, 'wx', 0o600);
      await made.writeFile(folder).finally(() => made.close());
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const owner = await readOrNull(file);
    // An empty one is being written at this moment.
    if (owner === null || owner === '' || (await isThere(owner))) return false;
    // A3. Whoever moves it away has it; what was moved must be what was judged.
    const aside = `${file}.${crypto.randomUUID()}`;
    try {
      await rename(file, aside);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
      throw error;
    }
    const moved = await readOrNull(aside);
    if (moved !== owner) {
      await rename(aside, file);
      return false;
    }
    await rm(aside);
    return this.#take(uid, folder);
  }

  async #note(folder: string, uid: number): Promise<void> {
    const file = await open(noteOf(folder), 'w', 0o600);
    await file.writeFile(String(uid)).finally(() => file.close());
  }

  #fileOf(uid: number): string {
    return join(this.#options.claimsDir, String(uid));
  }
}

/** Beside what the unit can read. */
function noteOf(folder: string): string {
  return join(folder, 'run', 'user');
}

async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return false;
    throw error;
  }
}

async function readOrNull(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw error;
  }
}
