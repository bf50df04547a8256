// Embedded Postgres: starts, adopts, supervises and stops a Postgres of our own in a data folder.
//
//   P1. One server process owns a data folder: a second one is refused with the pid of the first.
//   P2. A postmaster that outlived its server process is taken over; one that is gone leaves no trace that blocks.
//   P3. A postmaster that dies while we run is started again; until then queries fail fast.
//   P4. Durable: fsync and synchronous_commit stay on.
//   P5. It listens on a unix socket in a folder of mode 0700 only, never on a network address.

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { backoffMs, type Log } from '@molecule/kit';
import { type Binaries, findBinaries } from './binaries.ts';
import { Db } from './db.ts';
import { PostgresStartFailure } from './errors.ts';

const run = promisify(execFile);
const USER = 'molecule';
const DATABASE = 'molecule';
const START_LIMIT_MS = 20_000;
const STOP_LIMIT_MS = 10_000;
/** Unix socket paths are limited to 107 bytes; Postgres adds `/.s.PGSQL.5432`. */
const MAX_SOCKET_DIR_CHARS = 85;

const SERVER_SETTINGS: Record<string, string> = {
  listen_addresses: '',
  unix_socket_permissions: '0700',
  max_connections: '60',
  shared_buffers: '64MB',
  wal_level: 'replica',
  max_wal_size: '512MB',
  lc_messages: 'C',
  log_timezone: 'UTC',
  timezone: 'UTC',
  jit: 'off',
  log_min_messages: 'warning',
};

export interface EmbeddedOptions {
  dataDir: string;
  log: Log;
  /** Other binaries than the embedded ones; tests run the same launcher on the system's Postgres. */
  binaries?: Binaries;
  /** Server settings on top of ours; for tests, which may give up durability for speed. */
  settings?: Readonly<Record<string, string>>;
}

export class EmbeddedPostgres {
  readonly #dir: string;
  readonly #root: string;
  readonly #log: Log;
  readonly #settings: Readonly<Record<string, string>>;
  #binaries: Binaries | null;
  #socketDir = '';
  #child: ChildProcess | null = null;
  #postmasterPid: number | null = null;
  #isStopping = false;
  #watch: NodeJS.Timeout | null = null;
  #recentOutput: string[] = [];

  constructor(options: EmbeddedOptions) {
    this.#root = options.dataDir;
    this.#dir = join(options.dataDir, 'postgres');
    this.#log = options.log;
    this.#binaries = options.binaries ?? null;
    this.#settings = options.settings ?? {};
  }

  /** How the pool connects. Valid after start. */
  connection(): { host: string; port: number; user: string; database: string } {
    return { host: this.#socketDir, port: 5432, user: USER, database: DATABASE };
  }

  async start(): Promise<void> {
    await mkdir(this.#root, { recursive: true, mode: 0o700 });
    await this.#lock();
    this.#binaries ??= await findBinaries();
    const isNew = !existsSync(join(this.#dir, 'PG_VERSION'));
    if (isNew) await this.#initialise();
    else await this.#refuseOtherVersion();
    this.#socketDir = await this.#chooseSocketDir();
    if (!(await this.#adopt())) await this.#launchWithRetry();
    if (isNew) await this.#createDatabase();
    this.#watchPostmaster();
  }

  /** The postmaster, for those who must end it when this process is gone. */
  get postmasterPid(): number | null {
    return this.#postmasterPid;
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    if (this.#watch) clearInterval(this.#watch);
    const pid = this.#postmasterPid;
    if (pid !== null && isAlive(pid)) {
      // SIGINT is the fast shutdown: sessions end, everything is written, no recovery at the next start.
      process.kill(pid, 'SIGINT');
      if (!(await waitUntil(() => !isAlive(pid), STOP_LIMIT_MS))) {
        this.#log.warn('postgres did not stop in time and is ended at once; it recovers at the next start');
        process.kill(pid, 'SIGQUIT');
        await waitUntil(() => !isAlive(pid), 5_000);
      }
    }
    await rm(join(this.#root, 'server.lock'), { force: true });
  }

  /** P1. The lock names our pid; a lock of a process that is gone counts for nothing. */
  async #lock(): Promise<void> {
    const file = join(this.#root, 'server.lock');
    const mine = JSON.stringify({ pid: process.pid, startedAt: await processStartTime(process.pid) });
    for (let attempt = 0; attempt < 2; attempt++) {
      try {
        await writeFile(file, mine, { flag: 'wx', mode: 0o600 });
        return;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
      const owner = await readLock(file);
      if (owner && isAlive(owner.pid) && (await processStartTime(owner.pid)) === owner.startedAt) {
        throw new PostgresStartFailure(
          `the data folder ${this.#root} is in use by process ${owner.pid}. Stop that server, or choose another folder: MOLECULE_DATA_DIR=./other npm start`,
        );
      }
      await rm(file, { force: true });
    }
    throw new PostgresStartFailure(`the data folder ${this.#root} could not be locked; try again`);
  }

  async #initialise(): Promise<void> {
    const half = `${this.#dir}.new`;
    await rm(half, { recursive: true, force: true });
    await mkdir(half, { recursive: true, mode: 0o700 });
    const args = [
      '-D',
      half,
      '-U',
      USER,
      '-A',
      'trust',
      '-E',
      'UTF8',
      '--locale=C',
      '--no-sync',
      '--no-instructions',
    ];
    const { command, prefix } = await this.#asUser(this.#tools().initdb, half);
    try {
      await run(command, [...prefix, ...args], { env: toolEnv(), maxBuffer: 1024 * 1024 });
    } catch (error) {
      throw new PostgresStartFailure(
        `the database could not be created in ${this.#dir}: ${String((error as { stderr?: string }).stderr ?? error).trim()}`,
      );
    }
    const { rename } = await import('node:fs/promises');
    await rename(half, this.#dir);
  }

  async #refuseOtherVersion(): Promise<void> {
    const version = (await readFile(join(this.#dir, 'PG_VERSION'), 'utf8')).trim();
    const ours = this.#tools().majorVersion;
    if (version === ours) return;
    throw new PostgresStartFailure(
      `the data folder ${this.#root} was written by Postgres ${version}, and this version brings Postgres ${ours}. Start the version that wrote it and export, or choose another folder with MOLECULE_DATA_DIR.`,
    );
  }

  async #chooseSocketDir(): Promise<string> {
    const inside = join(this.#root, 'run');
    const marker = join(this.#root, 'socket-dir');
    let dir = inside;
    if (inside.length > MAX_SOCKET_DIR_CHARS) {
      dir = existsSync(marker)
        ? (await readFile(marker, 'utf8')).trim()
        : join(tmpdir(), `molecule-${randomBytes(6).toString('hex')}`);
      await writeFile(marker, dir, { mode: 0o600 });
    }
    await mkdir(dir, { recursive: true, mode: 0o700 });
    await chmod(dir, 0o700);
    return dir;
  }

  /** P2. True when a postmaster of this folder was running and is ours now. */
  async #adopt(): Promise<boolean> {
    const pid = await this.#readPostmasterPid();
    if (pid === null || !isAlive(pid)) {
      await rm(join(this.#dir, 'postmaster.pid'), { force: true });
      return false;
    }
    if (await this.#answers(3_000)) {
      this.#postmasterPid = pid;
      this.#log.info({ pid }, 'took over the running postgres');
      return true;
    }
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => 'postgres');
    if (command.includes('postgres')) {
      process.kill(pid, 'SIGQUIT');
      await waitUntil(() => !isAlive(pid), 5_000);
    }
    await rm(join(this.#dir, 'postmaster.pid'), { force: true });
    return false;
  }

  async #launchWithRetry(): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#launch();
        return;
      } catch (error) {
        // After a hard kill of the postmaster its children may hold shared memory for a moment.
        if (attempt >= 5 || !(error instanceof PostgresStartFailure)) throw error;
        this.#log.warn({ err: error, attempt }, 'postgres did not start; trying again');
        await new Promise((resolve) =>
          setTimeout(resolve, backoffMs(attempt, { baseMs: 100, maxMs: 1_000 })),
        );
      }
    }
  }

  async #launch(): Promise<void> {
    const settings = { ...SERVER_SETTINGS, ...this.#settings, unix_socket_directories: this.#socketDir };
    const args = [
      '-D',
      this.#dir,
      ...Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`]),
    ];
    const { command, prefix, uid } = await this.#asUser(this.#tools().postgres, this.#dir);
    this.#recentOutput = [];
    const child = spawn(command, [...prefix, ...args], {
      env: toolEnv(),
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
      ...(uid === undefined ? {} : { uid, gid: uid }),
    });
    this.#child = child;
    let exited = false;
    child.on('exit', () => {
      exited = true;
    });
    child.on('error', (error) => {
      exited = true;
      this.#note(String(error));
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => this.#note(chunk.toString('utf8')));
      stream?.on('error', () => {});
    }
    child.unref();
    const isUp = await waitFor(async () => exited || (await this.#answers(500)), START_LIMIT_MS);
    if (!isUp || exited) {
      if (!exited) child.kill('SIGQUIT');
      throw new PostgresStartFailure(
        `the embedded Postgres did not start: ${this.#recentOutput.join('').trim().slice(-2_000)}`,
      );
    }
    this.#postmasterPid = (await this.#readPostmasterPid()) ?? child.pid ?? null;
  }

  #note(text: string): void {
    this.#recentOutput.push(text);
    if (this.#recentOutput.length > 50) this.#recentOutput.shift();
    if (/\b(FATAL|PANIC|ERROR)\b/.test(text) && this.#watch)
      this.#log.debug({ postgres: text.trim() }, 'postgres says');
  }

  async #createDatabase(): Promise<void> {
    const db = new Db({ ...this.connection(), database: 'postgres', maxConnections: 1 });
    try {
      await db.query(`create database ${DATABASE}`);
    } finally {
      await db.end();
    }
  }

  /** P3. One look a second; the pool's own errors are the faster signal for callers. */
  #watchPostmaster(): void {
    let isRestarting = false;
    this.#watch = setInterval(() => {
      const pid = this.#postmasterPid;
      if (this.#isStopping || isRestarting || (pid !== null && isAlive(pid))) return;
      isRestarting = true;
      this.#log.error({ pid }, 'postgres is gone; starting it again');
      this.#adopt()
        .then((isAdopted) => (isAdopted ? undefined : this.#launchWithRetry()))
        .catch((error: unknown) => this.#log.error({ err: error }, 'postgres could not be started again yet'))
        .finally(() => {
          isRestarting = false;
        });
    }, 250);
    this.#watch.unref();
  }

  async #answers(timeoutMs: number): Promise<boolean> {
    if (!existsSync(join(this.#socketDir, '.s.PGSQL.5432'))) return false;
    const db = new Db({ ...this.connection(), database: 'postgres', maxConnections: 1 });
    let timer: NodeJS.Timeout | undefined;
    try {
      return await Promise.race([
        db.ping().then(() => true),
        new Promise<boolean>((resolve) => {
          timer = setTimeout(() => resolve(false), timeoutMs);
        }),
      ]);
    } catch {
      return false;
    } finally {
      clearTimeout(timer);
      void db.end().catch(() => {});
    }
  }

  async #readPostmasterPid(): Promise<number | null> {
    try {
      const [first] = (await readFile(join(this.#dir, 'postmaster.pid'), 'utf8')).split('\n');
      const pid = Number(first);
      if (!Number.isInteger(pid) || pid <= 0) return null;
      // In a user namespace the pid is the same as outside; only uids are mapped.
      return pid;
    } catch {
      return null;
    }
  }

  #tools(): Binaries {
    if (!this.#binaries) throw new Error('the embedded Postgres was not started');
    return this.#binaries;
  }

  /** Postgres refuses root: as root it runs in a user namespace of its own, where it is somebody else. */
  async #asUser(binary: string, dir: string): Promise<{ command: string; prefix: string[]; uid?: number }> {
    if (process.getuid?.() !== 0) return { command: binary, prefix: [] };
    const prefix = ['--user', '--map-user=1000', '--map-group=1000', '--', binary];
    if (await works('unshare', ['--user', '--map-user=1000', '--map-group=1000', '--', 'true'])) {
      return { command: 'unshare', prefix };
    }
    const nobody = 65_534;
    await run('chown', ['-R', `${nobody}:${nobody}`, dir]);
    return { command: binary, prefix: [], uid: nobody };
  }
}

function toolEnv(): NodeJS.ProcessEnv {
  return { PATH: '/usr/local/bin:/usr/bin:/bin', LANG: 'C', LC_ALL: 'C', TZ: 'UTC' };
}

async function works(command: string, args: string[]): Promise<boolean> {
  try {
    await run(command, args);
    return true;
  } catch {
    return false;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function readLock(file: string): Promise<{ pid: number; startedAt: string } | null> {
  try {
    const lock = JSON.parse(await readFile(file, 'utf8')) as { pid: number; startedAt: string };
    return Number.isInteger(lock.pid) ? lock : null;
  } catch {
    return null;
  }
}

/** Tells a process from a later one with the same pid. Empty where the system does not say. */
async function processStartTime(pid: number): Promise<string> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}

async function waitFor(condition: () => Promise<boolean>, limitMs: number): Promise<boolean> {
  const endAt = Date.now() + limitMs;
  while (Date.now() < endAt) {
    if (await condition()) return true;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return false;
}

function waitUntil(condition: () => boolean, limitMs: number): Promise<boolean> {
  return waitFor(async () => condition(), limitMs);
}
