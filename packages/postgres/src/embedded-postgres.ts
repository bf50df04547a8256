// Embedded Postgres: starts, adopts, supervises and stops a Postgres of our own in a data folder.
//
//   P1. One server process owns a data folder: a second one is refused with the pid of the first.
//   P2. A postmaster that outlived its server process is taken over; one that is gone leaves no trace that blocks.
//       Before a new one starts, no process of the old one works on the files any more.
//   P3. A postmaster that dies while we run is started again; until then queries fail fast.
//   P4. Durable: fsync and synchronous_commit stay on, and a new folder is on the disk before anybody writes to it.
//   P5. It listens on a unix socket in a folder of mode 0700 only, never on a network address.
//   P6. After stop, or a start that failed, no process of ours is left and the folder is free.

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, realpath, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { backoffMs, type Log, systemClock } from '@molecule/kit';
import { type Binaries, findBinaries } from './binaries.ts';
import { type FolderLock, lockDataFolder } from './data-folder-lock.ts';
import { Db } from './db.ts';
import { PostgresStartFailure } from './errors.ts';
import { PostgresLog } from './postgres-log.ts';
import { isAlive, isPostmasterOf, processesWorkingIn } from './process-identity.ts';
import { chooseRunAs, handOver, type RunAs } from './run-as.ts';
import { openSocketFolder, type SocketFolder } from './socket-folder.ts';

const run = promisify(execFile);
const USER = 'molecule';
const DATABASE = 'molecule';
const INIT_LIMIT_MS = 60_000;
/** Includes the recovery after a crash, which reads up to `max_wal_size`. */
const START_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 10_000;
const MAX_LAUNCHES = 5;
const LOOK_EVERY_MS = 250;

const SERVER_SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: '',
  unix_socket_permissions: '0700',
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  max_connections: '60',
  shared_buffers: '64MB',
  wal_level: 'replica',
  max_wal_size: '512MB',
  lc_messages: 'C',
  log_timezone: 'UTC',
  timezone: 'UTC',
  jit: 'off',
  // Errors of statements go to their callers. Here they would write values of rows into a file.
  log_min_messages: 'log',
  log_min_error_statement: 'panic',
  log_checkpoints: 'off',
};

export interface EmbeddedOptions {
  dataDir: string;
  log: Log;
  /** Other binaries than the embedded ones; tests run the same launcher on the system's Postgres. */
  binaries?: Binaries;
  /** Server settings on top of ours; for tests, which may give up durability for speed. */
  settings?: Readonly<Record<string, string>>;
}

/** What start found out, once. */
interface Ground {
  root: string;
  dir: string;
  binaries: Binaries;
  runAs: RunAs;
  socket: SocketFolder;
  serverLog: PostgresLog;
}

export class EmbeddedPostgres {
  readonly #options: EmbeddedOptions;
  readonly #log: Log;
  readonly #stopping = new AbortController();
  #lock: FolderLock | null = null;
  #ground: Ground | null = null;
  #postmasterPid: number | null = null;
  /** Ends the watcher's sleep: a postmaster that we started tells of its end at once. */
  #wake = () => {};
  #watching: Promise<void> | null = null;

  constructor(options: EmbeddedOptions) {
    this.#options = options;
    this.#log = options.log;
  }

  /** How the pool connects. Valid after start. */
  connection(): { host: string; port: number; user: string; database: string } {
    return { host: this.#known().socket.path, port: 5432, user: USER, database: DATABASE };
  }

  /** The postmaster, for those who must end it when this process is gone. */
  get postmasterPid(): number | null {
    return this.#postmasterPid;
  }

  async start(): Promise<void> {
    try {
      await this.#start();
    } catch (error) {
      await this.stop();
      throw error;
    }
    this.#watching = this.#watchPostmaster();
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error('stopping'));
    await this.#watching;
    await this.#endPostmaster();
    await this.#ground?.socket.release();
    await this.#lock?.release();
    this.#lock = null;
  }

  async #start(): Promise<void> {
    await mkdir(this.#options.dataDir, { recursive: true, mode: 0o700 });
    const root = await realpath(this.#options.dataDir);
    this.#lock = await lockDataFolder(root);
    const dir = join(root, 'postgres');
    const binaries = this.#options.binaries ?? (await findBinaries());
    const runAs = await chooseRunAs();
    const isNew = !existsSync(join(dir, 'PG_VERSION'));
    if (isNew) await initialise(binaries, runAs, root, dir);
    else await refuseOtherVersion(binaries, root, dir);
    const socket = await openSocketFolder(root);
    await handOver(runAs, root, [dir, socket.path]);
    const serverLog = new PostgresLog(join(root, 'postgres.log'));
    this.#ground = { root, dir, binaries, runAs, socket, serverLog };
    const isOnDisk = isNew ? writeThrough(binaries, runAs, dir) : Promise.resolve();
    await Promise.all([isOnDisk, this.#bringUp().then(() => this.#ensureDatabase())]);
  }

  async #bringUp(): Promise<void> {
    if (!(await this.#adopt())) await this.#launchWithRetry();
  }

  /** P2. True when a postmaster of this folder was running and is ours now. */
  async #adopt(): Promise<boolean> {
    const { dir } = this.#known();
    const pid = await readPostmasterPid(dir);
    const isOurs = pid !== null && (await isAlive(pid)) && (await isPostmasterOf(pid, dir));
    if (isOurs && (await waitFor(async () => (await this.#answers()) || !(await isAlive(pid)), 3_000))) {
      if (await isAlive(pid)) {
        this.#postmasterPid = pid;
        this.#log.info({ pid }, 'took over the running postgres');
        return true;
      }
    } else if (isOurs) {
      this.#log.warn({ pid }, 'a postgres from before does not answer and is ended');
      await endProcess(pid, ['SIGQUIT', 'SIGKILL'], 5_000);
    }
    if (pid !== null) await clearAway(dir, this.#log);
    return false;
  }

  /** After a hard kill of the postmaster its children may hold shared memory for a moment. */
  async #launchWithRetry(): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#launch();
        return;
      } catch (error) {
        if (attempt >= MAX_LAUNCHES || !(error instanceof PostgresStartFailure)) throw error;
        this.#log.warn({ err: error, attempt }, 'postgres did not start; trying again');
        await systemClock.sleep(backoffMs(attempt, { baseMs: 100, maxMs: 1_000 }), this.#stopping.signal);
      }
    }
  }

  async #launch(): Promise<void> {
    const { serverLog, dir } = this.#known();
    const child = await serverLog.withDescriptor((fd) => this.#spawn(fd));
    let failure: string | null = null;
    child.on('exit', (code, signal) => {
      failure ??= `it ended with ${signal ?? code}`;
      this.#wake();
    });
    child.on('error', (error) => {
      failure ??= error.message;
    });
    child.unref();
    this.#postmasterPid = child.pid ?? null;
    const isUp = await waitFor(async () => failure !== null || (await this.#answers()), START_LIMIT_MS);
    if (isUp && failure === null) return;
    if (child.pid !== undefined && failure === null)
      await endProcess(child.pid, ['SIGQUIT', 'SIGKILL'], 5_000);
    const said = await serverLog.tail();
    throw new PostgresStartFailure(
      `the embedded Postgres did not start in ${dir}: ${failure ?? `no answer within ${START_LIMIT_MS} ms`}${said === '' ? '' : `\n${said}`}`,
    );
  }

  #spawn(logFd: number): ChildProcess {
    const { binaries, runAs, dir, socket } = this.#known();
    const settings = {
      ...SERVER_SETTINGS,
      ...this.#options.settings,
      unix_socket_directories: `"${socket.path.replaceAll('"', '""')}"`,
    };
    const options = Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`]);
    const [command, ...args] = [...runAs.prefix, binaries.postgres, '-D', dir, ...options];
    return spawn(command!, args, {
      env: toolEnv(),
      stdio: ['ignore', logFd, logFd],
      // Not in our process group: a Ctrl-C is for us, and we stop it in order.
      detached: true,
      ...runAs.identity,
    });
  }

  /** Also after a first start that was killed before it came to this. */
  async #ensureDatabase(): Promise<void> {
    const db = this.#adminDb();
    try {
      const found = await db.query('select 1 from pg_database where datname = $1', [DATABASE]);
      if (found.length === 0) await db.query(`create database ${DATABASE}`);
    } finally {
      await db.end();
    }
  }

  /** P3. The pool's own errors tell callers; this brings the server back. */
  async #watchPostmaster(): Promise<void> {
    const { signal } = this.#stopping;
    for (let failures = 0; !signal.aborted; ) {
      try {
        await this.#sleepUnlessGone(LOOK_EVERY_MS + backoffMs(failures, { baseMs: 1, maxMs: 10_000 }));
        await this.#known().serverLog.keepBounded();
        const pid = this.#postmasterPid;
        if (pid !== null && (await isAlive(pid))) continue;
        this.#log.error({ pid }, 'postgres is gone; starting it again');
        await this.#bringUp();
        failures = 0;
      } catch (error) {
        if (signal.aborted) return;
        failures = Math.min(failures + 8, 15);
        this.#log.error({ err: error }, 'postgres could not be started again yet');
      }
    }
  }

  async #sleepUnlessGone(ms: number): Promise<void> {
    const { signal } = this.#stopping;
    const gone = new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    const rest = new AbortController();
    try {
      await Promise.race([gone, systemClock.sleep(ms, AbortSignal.any([signal, rest.signal]))]);
    } finally {
      rest.abort();
    }
  }

  /** SIGINT is the fast shutdown: sessions end, everything is written, no recovery at the next start. */
  async #endPostmaster(): Promise<void> {
    const pid = this.#postmasterPid;
    if (pid === null) return;
    if (!(await endProcess(pid, ['SIGINT'], STOP_LIMIT_MS))) {
      this.#log.warn('postgres did not stop in time and is ended at once; it recovers at the next start');
      await endProcess(pid, ['SIGQUIT', 'SIGKILL'], 5_000);
    }
    this.#postmasterPid = null;
  }

  /** Asked only when the postmaster calls itself ready: whoever knocks earlier costs it a process each time. */
  async #answers(): Promise<boolean> {
    if (!(await isCalledReady(this.#known().dir))) return false;
    const db = this.#adminDb();
    try {
      await db.ping();
      return true;
    } catch {
      return false;
    } finally {
      await db.end();
    }
  }

  #adminDb(): Db {
    return new Db({ ...this.connection(), database: 'postgres', maxConnections: 1 });
  }

  #known(): Ground {
    if (!this.#ground) throw new Error('the embedded Postgres was not started');
    return this.#ground;
  }
}

/** In a folder beside the final one: a first start that is killed leaves nothing that looks finished. */
async function initialise(binaries: Binaries, runAs: RunAs, root: string, dir: string): Promise<void> {
  const half = `${dir}.new`;
  await rm(half, { recursive: true, force: true });
  await mkdir(half, { recursive: true, mode: 0o700 });
  await handOver(runAs, root, [half]);
  const args = ['-D', half, '-U', USER, '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'];
  try {
    await runTool(runAs, [binaries.initdb, ...args, '--no-instructions']);
    await rename(half, dir);
  } catch (error) {
    const { stderr, message } = error as { stderr?: string; message: string };
    throw new PostgresStartFailure(
      `the database could not be created in ${dir}: ${(stderr || message).trim()}`,
    );
  }
}

/** P4. All files of a new folder to the disk; beside the launch, since it takes as long. */
async function writeThrough(binaries: Binaries, runAs: RunAs, dir: string): Promise<void> {
  try {
    await runTool(runAs, [binaries.initdb, '-D', dir, '--sync-only']);
  } catch (error) {
    const { stderr, message } = error as { stderr?: string; message: string };
    throw new PostgresStartFailure(
      `the new database in ${dir} could not be written to the disk: ${stderr || message}`,
    );
  }
}

async function refuseOtherVersion(binaries: Binaries, root: string, dir: string): Promise<void> {
  const version = (await readFile(join(dir, 'PG_VERSION'), 'utf8')).trim();
  if (version === binaries.majorVersion) return;
  throw new PostgresStartFailure(
    `the data folder ${root} was written by Postgres ${version}, and this version brings Postgres ${binaries.majorVersion}. Start the version that wrote it and export, or choose another folder with MOLECULE_DATA_DIR.`,
  );
}

async function runTool(runAs: RunAs, tool: readonly string[]): Promise<void> {
  const [command, ...args] = [...runAs.prefix, ...tool];
  await run(command!, args, {
    env: toolEnv(),
    timeout: INIT_LIMIT_MS,
    maxBuffer: 1024 * 1024,
    ...runAs.identity,
  });
}

/**
 * A postmaster that was killed leaves its children behind, and one that is busy notices late. By its pid file Postgres
 * knows of them and refuses to start, so the file goes only after they are gone: two servers on the same files break them.
 */
async function clearAway(dir: string, log: Log): Promise<void> {
  const left = await processesWorkingIn(dir);
  if (left === null) return; // Postgres finds out by its own means, and is tried again.
  if (left.length > 0) log.warn({ pids: left }, 'processes of a killed postgres are ended');
  await Promise.all(left.map((pid) => endProcess(pid, ['SIGQUIT', 'SIGKILL'], 2_000)));
  await rm(join(dir, 'postmaster.pid'), { force: true });
}

/** The last line of its pid file, by which `pg_ctl` tells as well. */
async function isCalledReady(dir: string): Promise<boolean> {
  const text = await readFile(join(dir, 'postmaster.pid'), 'utf8').catch(() => '');
  return text.split('\n')[7]?.trim() === 'ready';
}

async function readPostmasterPid(dir: string): Promise<number | null> {
  const text = await readFile(join(dir, 'postmaster.pid'), 'utf8').catch(() => '');
  const pid = Number(text.split('\n')[0]);
  return Number.isInteger(pid) && pid > 0 ? pid : null;
}

/** Sends the signals one after the other, each with its time to work; true when the process is gone. */
async function endProcess(pid: number, signals: readonly NodeJS.Signals[], eachMs: number): Promise<boolean> {
  for (const signal of signals) {
    try {
      process.kill(pid, signal);
    } catch {
      return true;
    }
    if (await waitFor(async () => !(await isAlive(pid)), eachMs)) return true;
  }
  return !(await isAlive(pid));
}

async function waitFor(condition: () => Promise<boolean>, limitMs: number): Promise<boolean> {
  const endAt = Date.now() + limitMs;
  while (Date.now() < endAt) {
    if (await condition()) return true;
    await systemClock.sleep(10);
  }
  return false;
}

function toolEnv(): NodeJS.ProcessEnv {
  return { PATH: '/usr/local/bin:/usr/bin:/bin', LANG: 'C', LC_ALL: 'C', TZ: 'UTC' };
}
