// Process table: is this the process we started, and which processes of ours are there?
// A pid alone proves nothing, since pids are used again: the start time goes with it.

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);
const HAS_PROC = existsSync('/proc/self/stat');

/** An opaque text that differs between two processes with one pid; null when the process is gone. */
export async function startTimeOf(pid: number): Promise<string | null> {
  if (HAS_PROC) {
    try {
      const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      // A zombie has ended; only its parent has not asked yet.
      return fields[0] === 'Z' ? null : (fields[19] ?? null);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT' || code === 'ESRCH') return null;
      throw error;
    }
  }
  try {
    const { stdout } = await run('ps', ['-o', 'lstart=', '-p', String(pid)]);
    return stdout.trim() || null;
  } catch {
    return null;
  }
}

/** Pids whose environment holds `marker`, such as `MOLECULE_UNIT=<state dir>:<id>`. Empty where the system has no /proc. */
export async function findByEnvironment(marker: string): Promise<{ pid: number; value: string }[]> {
  if (!HAS_PROC) return [];
  const found: { pid: number; value: string }[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const environment = await readFile(`/proc/${name}/environ`, 'utf8');
      const entry = environment.split('\0').find((line) => line.startsWith(marker));
      if (entry) found.push({ pid: Number(name), value: entry.slice(marker.length) });
    } catch {
      // The process ended meanwhile, or belongs to somebody else: not one of ours.
    }
  }
  return found;
}

/** Signals a process group; false when there is none any more. */
export function signalGroup(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(-pid, signal);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}
