// Sidecar: a program that lives with the tenant. Started, told apart from its predecessors by its address, started
// again when it ends, and stopped with the tenant.
//
//   S1. It ends with this process, however this process ends: the channel between the two closes, and it stops itself.
//   S2. One runs at a time. One that ends unasked is started again, each time a little later, for as long as it takes.
//   S3. After stop none runs: SIGTERM, a grace, then SIGKILL.

import { type ChildProcess, spawn } from 'node:child_process';
import { open, stat, truncate } from 'node:fs/promises';
import { backoffMs, type Clock, type Log, withDeadline } from '@molecule/kit';

const STOP_GRACE_MS = 5_000;
const KILL_MS = 5_000;
const LOG_BYTES_KEPT = 10 * 1024 * 1024;
const BACKOFF = { baseMs: 200, maxMs: 30_000 };
/** Whoever runs this long has started well. */
const STEADY_MS = 30_000;

export interface SidecarOptions {
  name: string;
  command: readonly [string, ...string[]];
  env: Record<string, string>;
  logFile: string;
  clock: Clock;
  log: Log;
  /** Told when a new process listens. */
  onUp(address: string): void;
}

export class Sidecar {
  readonly #options: SidecarOptions;
  readonly #stopping = new AbortController();
  #child: ChildProcess | null = null;
  #address: string | null = null;
  #waiting: ((address: string) => void)[] = [];
  #running: Promise<void> | null = null;

  constructor(options: SidecarOptions) {
    this.#options = options;
  }

  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  start(): void {
    this.#running ??= this.#keepRunning();
  }

  /** Where it listens; waits up to `limitMs` for one that is starting, and rejects then. */
  async address(limitMs: number): Promise<string> {
    if (this.#address !== null) return this.#address;
    const up = new Promise<string>((resolve) => this.#waiting.push(resolve));
    return withDeadline(up, limitMs, `the start of ${this.#options.name}`, this.#options.clock);
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error('stopping'));
    this.#child?.kill('SIGTERM');
    if (!this.#running) return;
    try {
      await withDeadline(
        this.#running,
        STOP_GRACE_MS,
        `the end of ${this.#options.name}`,
        this.#options.clock,
      );
    } catch {
      this.#child?.kill('SIGKILL');
      await withDeadline(this.#running, KILL_MS, `the end of ${this.#options.name}`, this.#options.clock);
    }
  }

  async #keepRunning(): Promise<void> {
    const { clock, log, name } = this.#options;
    const { signal } = this.#stopping;
    for (let failures = 0; !signal.aborted; ) {
      const startedAt = clock.now();
      const end = await this.#runOnce();
      if (signal.aborted) return;
      failures = clock.now() - startedAt >= STEADY_MS ? 1 : failures + 1;
      log.error({ name, end, failures }, 'a program of the tenant ended and is started again');
      await clock.sleep(backoffMs(failures, BACKOFF), signal).catch(() => {
        // Stopping: the loop ends.
      });
    }
  }

  /** Resolves with how it ended. */
  async #runOnce(): Promise<string> {
    const { command, env, logFile } = this.#options;
    const [file, ...args] = command;
    await keepBounded(logFile);
    const output = await open(logFile, 'a', 0o600);
    try {
      // Not in our process group: a Ctrl-C is for us, and we stop it in order.
      const child = spawn(file, args, {
        env,
        detached: true,
        stdio: ['ignore', output.fd, output.fd, 'ipc'],
      });
      this.#child = child;
      if (this.#stopping.signal.aborted) child.kill('SIGTERM');
      child.on('message', (message) => this.#noteMessage(message));
      return await new Promise<string>((resolve) => {
        child.once('exit', (code, signal) => resolve(String(signal ?? code)));
        child.once('error', (error) => resolve(error.message));
      });
    } finally {
      this.#child = null;
      this.#address = null;
      await output.close();
    }
  }

  #noteMessage(message: unknown): void {
    const { address } = (message ?? {}) as { address?: unknown };
    if (typeof address !== 'string') return;
    this.#address = address;
    this.#options.onUp(address);
    for (const tell of this.#waiting.splice(0)) tell(address);
  }
}

async function keepBounded(logFile: string): Promise<void> {
  const bytes = await stat(logFile).then(
    (file) => file.size,
    () => 0,
  );
  if (bytes > LOG_BYTES_KEPT) await truncate(logFile, 0);
}
