// Crash killer: kills the server or its Postgres, and measures how long it takes until a write is acknowledged again.
// A server that ended by itself, by an exit or by a signal, is counted and started again: nobody waits for an end that
// was already.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CrashLoad } from './crash-load.ts';
import { endProcess, hasEnded, startTenantProcess, type TenantProcess } from './tenant-process.ts';

export const KILLS = ['app SIGKILL', 'postgres immediate', 'postmaster -9'] as const;
export type Kill = (typeof KILLS)[number];

const READY_LIMIT_MS = 60_000;
const LOOK_EVERY_MS = 5;

export class CrashKiller {
  readonly readyMs: Record<Kill, number[]> = {
    'app SIGKILL': [],
    'postgres immediate': [],
    'postmaster -9': [],
  };
  /** The server ended although only its Postgres was killed. */
  unaskedExits = 0;
  #tenant: TenantProcess;
  readonly #env: Record<string, string>;
  readonly #load: CrashLoad;
  #starting: Promise<void> = Promise.resolve();
  #isStopped = false;

  constructor(tenant: TenantProcess, env: Record<string, string>, load: CrashLoad) {
    this.#tenant = tenant;
    this.#env = env;
    this.#load = load;
  }

  /** Comes back when a write was acknowledged by what came after the kill. */
  async kill(kind: Kill): Promise<void> {
    const startedAt = performance.now();
    if (kind === 'app SIGKILL') await this.#restartApp();
    else await this.#killPostgres(kind === 'postmaster -9' ? 'SIGKILL' : 'SIGQUIT');
    await until(`a write to be acknowledged after ${kind}`, () => this.#load.probe());
    this.readyMs[kind].push(performance.now() - startedAt);
  }

  /** The last server, also when a kill is still under way: one that comes up during the stop is stopped too. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#starting;
    await this.#tenant.stop();
  }

  async #restartApp(): Promise<void> {
    if (this.#isStopped) throw new Error('the run is over');
    const start = this.#replaceApp();
    this.#starting = start.catch(() => {}); // Whoever asked for the restart is told.
    await start;
  }

  async #replaceApp(): Promise<void> {
    const { child, url, dataDir } = this.#tenant;
    await endProcess(child, 'SIGKILL');
    this.#tenant = await startTenantProcess(
      { PORT: new URL(url).port, ...this.#env },
      { dataDir, limitMs: READY_LIMIT_MS },
    );
  }

  async #killPostgres(signal: 'SIGKILL' | 'SIGQUIT'): Promise<void> {
    const before = await readPostmasterPid(this.#tenant.dataDir);
    if (before === null) throw new Error('there is no postmaster to kill');
    process.kill(before, signal);
    await until('a new postmaster', async () => {
      if (hasEnded(this.#tenant.child)) {
        this.unaskedExits++;
        await this.#restartApp();
      }
      const now = await readPostmasterPid(this.#tenant.dataDir);
      return now !== null && now !== before;
    });
  }
}

export async function readPostmasterPid(dataDir: string): Promise<number | null> {
  const text = await readFile(join(dataDir, 'postgres/postmaster.pid'), 'utf8').catch(() => '');
  const pid = Number(text.split('\n')[0]);
  return Number.isInteger(pid) && pid > 0 ? pid : null;
}

async function until(what: string, isTrue: () => Promise<boolean>): Promise<void> {
  const endAt = Date.now() + READY_LIMIT_MS;
  while (!(await isTrue())) {
    if (Date.now() > endAt) throw new Error(`waited ${READY_LIMIT_MS} ms for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}
