// Process table: is this the process we started, and which processes of ours are there?
// A pid alone proves nothing, since pids are used again: the start time goes with it.

import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);
const HAS_PROC = existsSync('/proc/self/stat');
/** Start times count from the boot: two boots must not be mixed up. */
const BOOT = HAS_PROC ? readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim().slice(0, 8) : '';

export interface ProcessRef {
  pid: number;
  startTime: string;
}

/** An opaque text that differs between two processes with one pid; null when the process is gone. */
export async function startTimeOf(pid: number): Promise<string | null> {
  if (!HAS_PROC) return startTimeFromPs(pid);
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // A zombie has ended; only its parent has not asked yet.
    return fields[0] === 'Z' || fields[0] === 'X' ? null : `${BOOT}-${fields[19]}`;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH') return null;
    throw error;
  }
}

async function startTimeFromPs(pid: number): Promise<string | null> {
  try {
    const { stdout } = await run('ps', ['-o', 'stat=', '-o', 'lstart=', '-p', String(pid)], {
      timeout: 5_000,
    });
    const [state = '', ...started] = stdout.trim().split(/\s+/);
    return state === '' || state.startsWith('Z') ? null : started.join(' ');
  } catch (error) {
    // ps ends with 1 when there is no such process; anything else means that we do not know.
    if ((error as { code?: unknown }).code === 1) return null;
    throw error;
  }
}

export async function isAlive(ref: ProcessRef): Promise<boolean> {
  return (await startTimeOf(ref.pid)) === ref.startTime;
}

export async function stillAlive<Ref extends ProcessRef>(refs: readonly Ref[]): Promise<Ref[]> {
  const alive = await Promise.all(refs.map(isAlive));
  return refs.filter((_, i) => alive[i]);
}

/** Processes whose environment has an entry that starts with `marker`. Empty where the system has no /proc. */
export async function findByEnvironment(marker: string): Promise<(ProcessRef & { value: string })[]> {
  if (!HAS_PROC) return [];
  const found: (ProcessRef & { value: string })[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const value = await markerOf(name, marker);
    const startTime = value === null ? null : await startTimeOf(Number(name));
    if (value !== null && startTime !== null) found.push({ pid: Number(name), startTime, value });
  }
  return found;
}

/** Processes that run as this user, whatever they did to their environment. */
export async function findByUser(uid: number): Promise<ProcessRef[]> {
  if (!HAS_PROC) return [];
  const found: ProcessRef[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const status = await readFile(`/proc/${name}/status`, 'utf8').catch(() => '');
    if (Number(/^Uid:\t(\d+)/m.exec(status)?.[1] ?? -1) !== uid) continue;
    const startTime = await startTimeOf(Number(name));
    if (startTime !== null) found.push({ pid: Number(name), startTime });
  }
  return found;
}

async function markerOf(name: string, marker: string): Promise<string | null> {
  try {
    const environment = await readFile(`/proc/${name}/environ`, 'utf8');
    const entry = environment.split('\0').find((line) => line.startsWith(marker));
    return entry === undefined ? null : entry.slice(marker.length);
  } catch {
    // The process ended meanwhile, or belongs to somebody else: not one of ours.
    return null;
  }
}

/** Shares the walk through the process table: who asks during a walk gets the result of the next one. */
export class MarkerScan {
  readonly #marker: string;
  #running: Promise<unknown> | null = null;
  #next: Promise<(ProcessRef & { value: string })[]> | null = null;

  constructor(marker: string) {
    this.#marker = marker;
  }

  find(): Promise<(ProcessRef & { value: string })[]> {
    if (this.#next) return this.#next;
    const before = this.#running ?? Promise.resolve();
    this.#next = before
      .catch(() => {})
      .then(() => {
        const walk = findByEnvironment(this.#marker);
        this.#running = walk;
        this.#next = null;
        return walk;
      });
    return this.#next;
  }
}

/** Signals the process's group where it leads one, else the process alone; false when there is nothing any more. */
export function signalUnit(pid: number, signal: NodeJS.Signals): boolean {
  return send(-pid, signal) || send(pid, signal);
}

/** False when there is no such group. */
export function signalGroup(pid: number, signal: NodeJS.Signals): boolean {
  return send(-pid, signal);
}

function send(target: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(target, signal);
  } catch (error) {
    // EPERM: the number belongs to somebody else by now. Whether ours is gone is for isAlive to say.
    if (['ESRCH', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
}
