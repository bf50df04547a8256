// Server under test: embedded servers of a test with their folders, all of which end with it.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { createLog } from '@molecule/kit';
import { type DatabaseFlavour, debianBinaries } from '@molecule/testkit';
import type { Binaries } from '../binaries.ts';
import { Db } from '../db.ts';
import { EmbeddedPostgres } from '../embedded-postgres.ts';

const OWNER = fileURLToPath(new URL('./owner-process.ts', import.meta.url));
const REPOSITORY = fileURLToPath(new URL('../../../../', import.meta.url));

export interface OwnerProcess {
  child: ChildProcess;
  said: { postmasterPid?: number; refusal?: string };
  kill(): Promise<void>;
}

export class ServersUnderTest {
  readonly #binaries: Binaries | undefined;
  readonly #servers: EmbeddedPostgres[] = [];
  readonly #folders: string[] = [];
  readonly #pools: Db[] = [];
  readonly #owners: OwnerProcess[] = [];

  constructor(flavour: DatabaseFlavour) {
    this.#binaries = flavour === 'debian' ? (debianBinaries() ?? undefined) : undefined;
  }

  async folder(deeper = ''): Promise<string> {
    const top = await mkdtemp(join(tmpdir(), 'molecule-pg-'));
    this.#folders.push(top);
    const path = join(top, deeper);
    await mkdir(path, { recursive: true, mode: 0o700 });
    return path;
  }

  make(dataDir: string): EmbeddedPostgres {
    const server = new EmbeddedPostgres({
      dataDir,
      log: createLog({ level: 'silent' }),
      ...(this.#binaries ? { binaries: this.#binaries } : {}),
    });
    this.#servers.push(server);
    return server;
  }

  async start(dataDir: string): Promise<EmbeddedPostgres> {
    const server = this.make(dataDir);
    await server.start();
    return server;
  }

  connect(server: EmbeddedPostgres): Db {
    const db = new Db({ ...server.connection(), maxConnections: 3 });
    this.#pools.push(db);
    return db;
  }

  /** A process of its own that starts a server on the folder. */
  async startOwner(dataDir: string): Promise<OwnerProcess> {
    const args = ['--import', 'tsx', OWNER, dataDir, this.#binaries ? JSON.stringify(this.#binaries) : ''];
    const child = spawn(process.execPath, args, { cwd: REPOSITORY, stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
    const owner: OwnerProcess = {
      child,
      said: JSON.parse(line),
      kill: async () => {
        if (child.exitCode !== null || child.signalCode !== null) return;
        const ended = once(child, 'exit');
        child.kill('SIGKILL');
        await ended;
      },
    };
    this.#owners.push(owner);
    return owner;
  }

  async close(): Promise<void> {
    await Promise.all(this.#pools.splice(0).map((db) => db.end()));
    await Promise.all(this.#owners.splice(0).map((owner) => owner.kill()));
    await Promise.all(this.#servers.splice(0).map((server) => server.stop()));
    for (const folder of this.#folders.splice(0)) {
      await endLeftOver(folder);
      await rm(folder, { recursive: true, force: true });
    }
  }
}

/** Where a test failed halfway, its postmaster may live without anybody who knows it. */
async function endLeftOver(folder: string): Promise<void> {
  const pid = Number(
    (await readFile(join(folder, 'postgres/postmaster.pid'), 'utf8').catch(() => '')).split('\n')[0],
  );
  if (pid > 0 && existsSync(`/proc/${pid}`)) process.kill(pid, 'SIGKILL');
}

/** Waits for a condition and says how long it took. */
export async function until(
  condition: () => Promise<boolean>,
  limitMs: number,
  what: string,
): Promise<number> {
  const startedAt = Date.now();
  while (Date.now() - startedAt < limitMs) {
    if (await condition()) return Date.now() - startedAt;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`${what} did not happen within ${limitMs} ms`);
}
