// Data folder lock: one server process owns a data folder.
//
//   K1. A lock whose owner lives is never taken: the second one is told the owner's pid.
//   K2. A lock of a process that is gone counts for nothing, also when another process has the same pid by now.
//   K3. Of several that find the same dead lock at once, one gets it.
//   K4. Only the owner removes the lock.

import { createHash, randomBytes } from 'node:crypto';
import { link, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '@molecule/kit';
import { PostgresStartFailure } from './errors.ts';
import { isAlive, processStartTime } from './process-identity.ts';

const MAX_TRIES = 100;
const RETRY_MS = 10;

export interface FolderLock {
  release(): Promise<void>;
}

export async function lockDataFolder(root: string): Promise<FolderLock> {
  const file = join(root, 'server.lock');
  const mine = JSON.stringify({ pid: process.pid, startedAt: await processStartTime(process.pid) });
  for (let attempt = 0; attempt < MAX_TRIES; attempt++) {
    if (await create(file, mine)) return { release: () => release(file, mine) };
    const found = await readFile(file, 'utf8').catch(() => null);
    if (found === null) continue;
    const owner = await livingOwner(found);
    if (owner !== null) {
      throw new PostgresStartFailure(
        `the data folder ${root} is in use by process ${owner}. Stop that server, or choose another folder: MOLECULE_DATA_DIR=./other npm start`,
      );
    }
    await takeAway(file, found, mine);
  }
  throw new PostgresStartFailure(
    `the data folder ${root} could not be locked: other servers start on it as well`,
  );
}

/** Written whole under another name first: nobody ever reads half a lock. */
async function create(file: string, text: string): Promise<boolean> {
  const draft = `${file}.${randomBytes(6).toString('hex')}`;
  await writeFile(draft, text, { flag: 'wx', mode: 0o600 });
  try {
    await link(draft, file);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    if (code !== 'EPERM' && code !== 'ENOTSUP') throw error;
    return createWithoutLinks(file, text);
  } finally {
    await rm(draft, { force: true });
  }
}

/** For file systems without hard links. */
async function createWithoutLinks(file: string, text: string): Promise<boolean> {
  try {
    await writeFile(file, text, { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function livingOwner(text: string): Promise<number | null> {
  const owner = parse(text);
  if (!owner || !(await isAlive(owner.pid))) return null;
  return (await processStartTime(owner.pid)) === owner.startedAt ? owner.pid : null;
}

function parse(text: string): { pid: number; startedAt: string } | null {
  try {
    const lock = JSON.parse(text) as { pid: number; startedAt: string };
    return Number.isInteger(lock.pid) && lock.pid > 0 ? lock : null;
  } catch {
    return null;
  }
}

/**
 * K3: a dead lock is removed by whoever holds the claim on exactly this text. Nobody else changes a lock that exists, so
 * between the look and the removal it stays the dead one.
 */
async function takeAway(file: string, dead: string, mine: string): Promise<void> {
  const claim = `${file}.taking-${createHash('sha256').update(dead).digest('hex').slice(0, 12)}`;
  if (!(await create(claim, mine))) {
    const holder = await readFile(claim, 'utf8').catch(() => null);
    if (holder !== null && (await livingOwner(holder)) === null) await rm(claim, { force: true });
    await systemClock.sleep(RETRY_MS);
    return;
  }
  try {
    if ((await readFile(file, 'utf8').catch(() => null)) === dead) await rm(file, { force: true });
  } finally {
    await rm(claim, { force: true });
  }
}

async function release(file: string, mine: string): Promise<void> {
  if ((await readFile(file, 'utf8').catch(() => null)) === mine) await rm(file, { force: true });
}
