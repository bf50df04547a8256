// Users: a user of its own for each tenant of the process driver, where the platform runs as root and tenants can read
// the programs. Elsewhere all tenants run as one user, which the operator must accept by name before there are two.
//
//   U1. Two tenants never have one number, also not tenants of two platforms on this machine: a number is a file, made once.

import { spawn } from 'node:child_process';
import { AgentUsers } from '@molecule/backends';

/** Far from the numbers that systems give to people and services. No account is made: a number is enough. */
export const FIRST_UID = 610_000;
const COUNT = 16_000;
const CLAIMS_DIR = '/var/lib/molecule/tenant-users';
const PROBE_LIMIT_MS = 20_000;

export class TenantUsers {
  readonly #readable: readonly string[];
  readonly #programPath: string;
  readonly #numbers = new AgentUsers({ claimsDir: CLAIMS_DIR, first: FIRST_UID, count: COUNT });
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

  /** U1. `folder`: that of the tenant, with a folder `run` for a note. */
  async claim(folder: string): Promise<number> {
    await this.#numbers.prepare();
    return this.#numbers.claim(folder);
  }

  /** After the folder is gone. */
  release(folder: string, uid: number): Promise<void> {
    return this.#numbers.release(folder, uid);
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
