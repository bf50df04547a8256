// Processes: which processes of a data folder are alive, found by their environment and arguments.

import { readdirSync, readFileSync } from 'node:fs';

/** Pids of agents and database processes that belong to `dataDir`. */
export function processesOf(dataDir: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter(
      (name) =>
        readSafely(`/proc/${name}/environ`).includes(dataDir) ||
        readSafely(`/proc/${name}/cmdline`).includes(dataDir),
    )
    .map(Number);
}

/** Its arguments, joined by spaces; empty when it ended. */
export function commandOf(pid: number): string {
  return readSafely(`/proc/${pid}/cmdline`).replaceAll('\0', ' ');
}

/** Its environment; empty when it ended. */
export function environmentOf(pid: number): Record<string, string | undefined> {
  const entries = readSafely(`/proc/${pid}/environ`).split('\0').filter(Boolean);
  return Object.fromEntries(
    entries.map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]),
  );
}

function readSafely(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // It ended meanwhile.
  }
}
