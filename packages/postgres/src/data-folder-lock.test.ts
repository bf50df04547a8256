// The lock of a data folder: K1 to K4, with locks of the living, of the dead, and of nobody.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lockDataFolder } from './data-folder-lock.ts';
import { PostgresStartFailure } from './errors.ts';
import { processStartTime } from './process-identity.ts';

let root: string;
let file: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'molecule-lock-'));
  file = join(root, 'server.lock');
});
afterEach(() => rm(root, { recursive: true, force: true }));

/** The pid of a process that lived and is gone. */
async function goneProcess(): Promise<{ pid: number; startedAt: string }> {
  const child = spawn('true');
  await once(child, 'exit');
  return { pid: child.pid!, startedAt: '1' };
}

describe('the lock of a data folder', () => {
  it('names its owner to a second server, and stays (K1)', async () => {
    await lockDataFolder(root);
    const before = await readFile(file, 'utf8');
    const second = lockDataFolder(root);
    await expect(second).rejects.toThrow(PostgresStartFailure);
    await expect(second).rejects.toThrow(
      `the data folder ${root} is in use by process ${process.pid}. Stop that server`,
    );
    expect(await readFile(file, 'utf8')).toBe(before);
  });

  it('of a process that is gone is taken (K2)', async () => {
    await writeFile(file, JSON.stringify(await goneProcess()));
    await lockDataFolder(root);
    expect(JSON.parse(await readFile(file, 'utf8')).pid).toBe(process.pid);
  });

  it('of an earlier process with a pid that is in use again is taken (K2)', async () => {
    await writeFile(file, JSON.stringify({ pid: process.pid, startedAt: '1' }));
    await lockDataFolder(root);
    expect(JSON.parse(await readFile(file, 'utf8')).startedAt).toBe(await processStartTime(process.pid));
  });

  it.each(['', '{', 'null', '{"pid":"1"}', '{"pid":-1}', '{"pid":0,"startedAt":""}'])(
    'that nobody can have written (%j) is taken',
    async (text) => {
      await writeFile(file, text);
      await lockDataFolder(root);
      expect(JSON.parse(await readFile(file, 'utf8')).pid).toBe(process.pid);
    },
  );

  it('is got by exactly one of many that find a dead one at once (K3)', async () => {
    const dead = JSON.stringify(await goneProcess());
    for (let round = 0; round < 50; round++) {
      await writeFile(file, dead);
      const results = await Promise.allSettled(Array.from({ length: 8 }, () => lockDataFolder(root)));
      const won = results.filter((result) => result.status === 'fulfilled');
      expect(won.length).toBe(1);
      await won[0]!.value.release();
    }
    expect(await readdir(root)).toEqual([]);
  });

  it('is readable by its owner only', async () => {
    await lockDataFolder(root);
    expect((await stat(file)).mode & 0o077).toBe(0);
  });

  it('is removed by its owner only (K4)', async () => {
    const lock = await lockDataFolder(root);
    await writeFile(file, '{"pid":1,"startedAt":"another"}');
    await lock.release();
    expect(await readFile(file, 'utf8')).toContain('another');
  });
});
