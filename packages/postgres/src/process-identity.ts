// Process identity: whether a process lives, and whether it is the one that somebody wrote down.

import { execFile } from 'node:child_process';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);
const ASK_MS = 2_000;

/** A process that ended and waits for its parent to look (a zombie) does not count as alive. */
export async function isAlive(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const stat = await fieldsOfStat(pid);
  return stat === null || (stat[0] !== 'Z' && stat[0] !== 'X');
}

/** Tells a process from a later one with the same pid. Empty where the system does not say. */
export async function processStartTime(pid: number): Promise<string> {
  const stat = await fieldsOfStat(pid);
  if (stat) return stat[19] ?? '';
  return process.platform === 'linux' ? '' : ask(pid, 'lstart=');
}

/** Does this pid belong to a postmaster of this folder? It works inside of it. Pids are used again by others. */
export async function isPostmasterOf(pid: number, dir: string): Promise<boolean> {
  if (process.platform === 'linux') return (await readlink(`/proc/${pid}/cwd`).catch(() => null)) === dir;
  const command = await ask(pid, 'command=');
  return command.includes('postgres') && command.includes(dir);
}

/** The processes whose working folder is `dir`, as it is for a postmaster and all its children. Null where the system does not say. */
export async function processesWorkingIn(dir: string): Promise<number[] | null> {
  if (process.platform !== 'linux') return null;
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found: number[] = [];
  for (const pid of pids) {
    // Gone by now, or somebody else's.
    const folder = await readlink(`/proc/${pid}/cwd`).catch(() => null);
    if (folder === dir && (await isAlive(Number(pid)))) found.push(Number(pid));
  }
  return found;
}

/** The fields of /proc/<pid>/stat after the name: the state first, the start time at 19. */
async function fieldsOfStat(pid: number): Promise<string[] | null> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return null;
  }
}

async function ask(pid: number, column: string): Promise<string> {
  try {
    return (await run('ps', ['-o', column, '-p', String(pid)], { timeout: ASK_MS })).stdout.trim();
  } catch {
    return '';
  }
}
