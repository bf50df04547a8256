// Unit files: the record of what runs in the folders of one process unit.

import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isUuid } from '@molecule/domain';
import { type UnitPaths, writeAtomically } from '../unit-folders.ts';
import type { UnitLimits } from './unit-limits.ts';

export interface UnitRecord {
  /** `starting` is written before the process exists, so that a crash in between leaves a trace. */
  phase: 'starting' | 'running';
  pid: number;
  startTime: string;
  port: number;
  createdAt: number;
  /** What the unit sees as its /workspace; absent: its own folder. */
  folder?: string;
  /** The user that it runs as; absent: this server's own. */
  uid?: number;
  /** What it may use; absent: nothing is watched. */
  limits?: UnitLimits;
}

export async function saveRecord(paths: UnitPaths, record: UnitRecord): Promise<void> {
  await writeAtomically(join(paths.run, 'unit.json'), JSON.stringify(record), 0o600);
}

/** Null when there is none. A record that makes no sense is none: the search by environment finds the process. */
export async function readRecord(paths: UnitPaths): Promise<UnitRecord | null> {
  try {
    const record = JSON.parse(await readFile(join(paths.run, 'unit.json'), 'utf8')) as UnitRecord;
    return Number.isInteger(record.pid) && typeof record.startTime === 'string' ? record : null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' || error instanceof SyntaxError) return null;
    throw error;
  }
}

export async function dropRecord(paths: UnitPaths): Promise<void> {
  await rm(join(paths.run, 'unit.json'), { force: true });
}

export async function erase(paths: UnitPaths): Promise<void> {
  await rm(paths.root, { recursive: true, force: true, maxRetries: 3 });
}

/** Only folders that carry a whole id: a name that merely begins alike is not ours. */
export async function listUnitIds(stateDir: string): Promise<string[]> {
  const entries = await readdir(stateDir, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory() && entry.name.startsWith('ws-'))
    .map((entry) => entry.name.slice(3))
    .filter(isUuid);
}
