// Process identity: is this the process we started, and which processes belong to a tenant's folder or user?
// A pid alone proves nothing, since pids are used again: the start time goes with it.

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { promisify } from 'node:util';
import { systemClock } from '@molecule/kit';

const run = promisify(execFile);
const HAS_PROC = existsSync('/proc/self/stat');
const LOOK_MS = 25;
/** In the environment of each tenant: its organisation. */
export const PLACEMENT_MARK = 'MOLECULE_PLACEMENT';

/** A text that differs between two processes with one pid; null when the process is gone. */
export async function startTimeOf(pid: number): Promise<string | null> {
  if (!HAS_PROC) return startTimeFromPs(pid);
  const text = await readIfThere(`/proc/${pid}/stat`);
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  // A zombie has ended; only its parent has not asked yet.
  return text === '' || fields[0] === 'Z' || fields[0] === 'X' ? null : (fields[19] ?? null);
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

/**
 * Pids of processes that run as the user, or on the way to become that user; without one, those whose arguments or
 * environment name the folder. The folder is named by its organisation.
 */
export async function processesOf(folder: string, uid: number | null): Promise<number[]> {
  if (!HAS_PROC) return [];
  const names = (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  const found: number[] = [];
  for (const name of names) {
    const owner = uid === null ? null : await ownerOf(name);
    const isOurs =
      owner === null
        ? uid === null && (await isNaming(name, folder))
        : owner === uid || (await isBecoming(name, folder));
    if (isOurs && (await startTimeOf(Number(name))) !== null) found.push(Number(name));
  }
  return found;
}

/** The environment of a process as it was started; empty when it cannot be read. */
export async function environmentOf(pid: number): Promise<Record<string, string>> {
  const entries = (await readIfThere(`/proc/${pid}/environ`))
    .split('\0')
    .filter((entry) => entry.includes('='));
  return Object.fromEntries(
    entries.map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]),
  );
}

export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** True when the condition came to hold in time. */
export async function waitFor(condition: () => Promise<boolean>, limitMs: number): Promise<boolean> {
  const endAt = Date.now() + limitMs;
  for (;;) {
    if (await condition()) return true;
    if (Date.now() >= endAt) return false;
    await systemClock.sleep(LOOK_MS);
  }
}

/** Between its start as root and its last step, in which it gives that up, a tenant is known by its mark. */
async function isBecoming(pid: string, folder: string): Promise<boolean> {
  return (await environmentOf(Number(pid)))[PLACEMENT_MARK] === basename(folder);
}

async function isNaming(pid: string, folder: string): Promise<boolean> {
  const inArguments = (await readIfThere(`/proc/${pid}/cmdline`)).includes(folder);
  return inArguments || (await readIfThere(`/proc/${pid}/environ`)).includes(folder);
}

async function ownerOf(pid: string): Promise<number | null> {
  try {
    return (await stat(`/proc/${pid}`)).uid;
  } catch {
    return null; // It ended meanwhile.
  }
}

async function readIfThere(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch {
    // The process ended meanwhile, or belongs to somebody else: not one of ours.
    return '';
  }
}
