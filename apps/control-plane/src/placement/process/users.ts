// Users: a user of its own for each tenant of the process driver, where the platform runs as root and tenants can read
// the programs. Elsewhere all tenants run as one user, which the operator must accept by name before there are two.
//
//   U1. Two tenants never have one number, also not tenants of two platforms on this machine: a number is a file, made once.
//   U2. A number is free again when the folder that it was given to is gone.

import { spawn } from 'node:child_process';
import { lstat, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { faults } from '@molecule/domain';

/** Far from the numbers that systems give to people and services. No account is made: a number is enough. */
export const FIRST_UID = 610_000;
const COUNT = 16_000;
const CLAIMS_DIR = '/var/lib/molecule/tenant-users';
const PROBE_LIMIT_MS = 20_000;

export class TenantUsers {
  readonly #readable: readonly string[];
  readonly #programPath: string;
  #canSeparate: Promise<boolean> | null = null;

  /** `readable`: what a tenant must be able to read and pass. */
  constructor(readable: readonly string[], programPath: string) {
    this.#readable = readable;
    this.#programPath = programPath;
  }

  /** Asked once: does a program that runs as another user reach everything it needs, and can it have a database? */
  canSeparate(): Promise<boolean> {
    this.#canSeparate ??= process.getuid?.() === 0 ? this.#probe() : Promise.resolve(false);
    return this.#canSeparate;
  }

  /** U1. `folder`: that of the tenant, which is there already. */
  async claim(folder: string): Promise<number> {
    await mkdir(CLAIMS_DIR, { recursive: true, mode: 0o700 });
    const offset = Math.floor(Math.random() * COUNT);
    for (let i = 0; i < COUNT; i++) {
      const uid = FIRST_UID + ((offset + i) % COUNT);
      if (await take(uid, folder)) return uid;
    }
    throw faults.backendTransient('every user number for tenants is taken on this machine');
  }

  /** After the folder is gone. */
  async release(folder: string, uid: number): Promise<void> {
    if ((await ownerOf(uid)) === folder) await rm(claimOf(uid), { force: true });
  }

  async #probe(): Promise<boolean> {
    const look = `for (const path of process.argv.slice(1)) require('fs').accessSync(path)`;
    const canRead = await this.#succeeds(process.execPath, ['-e', look, ...this.#readable]);
    // Postgres wants a user with a name, which a bare number has in a namespace of its own only.
    return (
      canRead &&
      (await this.#succeeds('unshare', ['--user', '--map-user=65534', '--map-group=65534', 'true']))
    );
  }

  #succeeds(command: string, args: readonly string[]): Promise<boolean> {
    return new Promise((resolve) => {
      const child = spawn(command, args, {
        uid: FIRST_UID - 1,
        gid: FIRST_UID - 1,
        stdio: 'ignore',
        env: { PATH: this.#programPath },
        timeout: PROBE_LIMIT_MS,
      });
      child.once('error', () => resolve(false));
      child.once('exit', (code) => resolve(code === 0));
    });
  }
}

async function take(uid: number, folder: string): Promise<boolean> {
  try {
    await writeFile(claimOf(uid), folder, { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const owner = await ownerOf(uid);
  if (owner === '' || (await isThere(owner))) return false;
  // U2. Whoever moves it away has it; what was moved must be what was judged.
  const aside = `${claimOf(uid)}.${crypto.randomUUID()}`;
  const isMoved = await rename(claimOf(uid), aside).then(() => true, isGone);
  if (!isMoved) return false;
  if ((await readFile(aside, 'utf8')) !== owner) {
    await rename(aside, claimOf(uid));
    return false;
  }
  await rm(aside);
  return take(uid, folder);
}

function claimOf(uid: number): string {
  return join(CLAIMS_DIR, String(uid));
}

/** Empty: nobody has the number, or it is being given at this moment. */
function ownerOf(uid: number): Promise<string> {
  return readFile(claimOf(uid), 'utf8').catch((error: unknown) => isGone(error) || '');
}

async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(() => true, isGone);
}

/** False for a file that is not there; any other error is thrown on. */
function isGone(error: unknown): false {
  if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
  throw error;
}
