// Unit logs: what an agent printed, kept within 10 MiB × 3, and what we noted about starting and ending it.
// The agent writes to its file itself, so that its words outlive us; a file that is too long is copied away and cut,
// and lines that come between copy and cut are lost.

import { appendFile, open, rename, stat, truncate, writeFile } from 'node:fs/promises';
import { LIMITS } from '@molecule/domain';
import type { LogLines } from '../backend.ts';
import type { UnitPaths } from './unit-files.ts';

const MAX_LOG_BYTES = 10 * 1024 * 1024;
const KEPT_LOGS = 3;
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

export async function tailLog(paths: UnitPaths, tail: number): Promise<LogLines> {
  const size = await sizeOf(paths.runtimeLog);
  const text = (await readEnd(paths.runtimeLog, size, TAIL_BYTES)).toString('utf8');
  const all = text.split('\n');
  // The first line of a cut text is half a line.
  if (size > TAIL_BYTES) all.shift();
  const lines = all.filter((line) => line !== '');
  return {
    lines: lines.slice(-tail).map((line) => ({ at: null, stream: 'stdout', text: redact(line) })),
    isTruncated: size > TAIL_BYTES || lines.length > tail,
  };
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
