// Unit logs: what an agent printed, kept within 10 MiB × 3, and what we noted about starting and ending it.
// The agent writes to its file itself, so that its words outlive us; a file that is too long is copied away and cut,
// and lines that come between copy and cut are lost.

import { appendFile, open, rename, stat, truncate, writeFile } from 'node:fs/promises';
import { LIMITS } from '@molecule/domain';
import type { LogLines, LogQuery } from './backend.ts';
import type { UnitPaths } from './unit-folders.ts';

const MAX_LOG_BYTES = 10 * 1024 * 1024;
const KEPT_LOGS = 3;
const NEWLINE = 10;
const TAIL_BYTES = 1024 * 1024;

/** Our own tokens, whoever printed them; the kit's log does the same for what the server prints. */
const TOKEN = /[A-Za-z0-9_-]{43}_[woasc][0-9A-Za-z]{6}/g;

/** How many bytes were too many to keep; 0 when there was nothing to do or all was kept. */
export async function rotateLog(paths: UnitPaths): Promise<number> {
  const size = await sizeOf(paths.runtimeLog);
  if (size <= MAX_LOG_BYTES) return 0;
  for (let i = KEPT_LOGS - 2; i >= 1; i--) await renameIfThere(`${paths.runtimeLog}.${i}`, i + 1, paths);
  await writeFile(`${paths.runtimeLog}.1`, await readEnd(paths.runtimeLog, size, MAX_LOG_BYTES), {
    mode: 0o600,
  });
  await truncate(paths.runtimeLog, 0);
  return size - MAX_LOG_BYTES;
}

/** Whole lines only: half a line at the end is left for the next read. A log that was cut is read from its start. */
export async function readLog(file: string, { tail, after }: LogQuery): Promise<LogLines> {
  const size = await sizeOf(file);
  const known = after === undefined ? 0 : Number(after);
  const from = Number.isSafeInteger(known) && known >= 0 && known <= size ? known : 0;
  const window = await readEnd(file, size, Math.min(size - from, TAIL_BYTES));
  const end = window.lastIndexOf(NEWLINE) + 1;
  const all = window.subarray(0, end).toString('utf8').split('\n');
  const isCut = size - from > TAIL_BYTES;
  // The first line of a cut text is half a line.
  if (isCut) all.shift();
  const lines = all.filter((line) => line !== '');
  return {
    lines: lines.slice(-tail).map((line) => ({ at: timeOf(line), stream: 'stdout', text: redact(line) })),
    isTruncated: isCut || lines.length > tail,
    cursor: String(size - window.byteLength + end),
  };
}

/** Our own lines begin with their time; structured ones carry it in epoch milliseconds. */
function timeOf(line: string): string | null {
  const plain = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z) /.exec(line)?.[1];
  if (plain) return plain;
  const ms = Number(/^\{.*"time":(\d{13})[,}]/.exec(line)?.[1] ?? Number.NaN);
  return Number.isNaN(ms) ? null : new Date(ms).toISOString();
}

export async function readLauncherLog(paths: UnitPaths): Promise<string> {
  const end = await readEnd(paths.launcherLog, await sizeOf(paths.launcherLog), LIMITS.consoleBytes);
  return redact(end.toString('utf8'));
}

export async function noteLaunch(paths: UnitPaths, text: string): Promise<void> {
  const size = await sizeOf(paths.launcherLog);
  if (size > LIMITS.consoleBytes)
    await writeFile(paths.launcherLog, await readEnd(paths.launcherLog, size, LIMITS.consoleBytes / 2));
  await appendFile(paths.launcherLog, `${new Date().toISOString()} ${text}\n`, { mode: 0o600 });
}

function redact(text: string): string {
  return text.replace(TOKEN, '[secret]');
}

async function renameIfThere(from: string, to: number, paths: UnitPaths): Promise<void> {
  try {
    await rename(from, `${paths.runtimeLog}.${to}`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw error;
  }
}

async function readEnd(path: string, size: number, limitBytes: number): Promise<Buffer> {
  if (size === 0) return Buffer.alloc(0);
  const length = Math.min(size, limitBytes);
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
