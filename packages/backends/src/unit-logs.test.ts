// Unit logs: bounds and what is cut.

import { appendFile, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pathsOf, prepareFolders, type UnitPaths } from './unit-folders.ts';
import { noteLaunch, readLauncherLog, readLog, rotateLog } from './unit-logs.ts';

const MIB = 1024 * 1024;

describe('the logs of a unit', () => {
  let dir: string;
  let paths: UnitPaths;

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'molecule-logs-'));
    paths = pathsOf(dir, crypto.randomUUID());
    await prepareFolders(paths);
  });
  afterEach(() => rm(dir, { recursive: true }));

  it('are left alone up to 10 MiB, to the byte', async () => {
    await writeFile(paths.runtimeLog, Buffer.alloc(10 * MIB, 'a'));
    expect(await rotateLog(paths)).toBe(0);
    expect((await stat(paths.runtimeLog)).size).toBe(10 * MIB);
    await appendFile(paths.runtimeLog, 'b');
    expect(await rotateLog(paths)).toBe(1);
    expect((await stat(paths.runtimeLog)).size).toBe(0);
    const kept = await readFile(`${paths.runtimeLog}.1`, 'utf8');
    expect([kept.length, kept.at(-1)]).toEqual([10 * MIB, 'b']);
  });

  it('keep three files of at most 10 MiB, the newest words of each', async () => {
    for (const round of ['1', '2', '3']) {
      await writeFile(paths.runtimeLog, Buffer.alloc(12 * MIB, round));
      expect(await rotateLog(paths)).toBe(2 * MIB);
    }
    expect((await readFile(`${paths.runtimeLog}.1`, 'utf8'))[0]).toBe('3');
    expect((await readFile(`${paths.runtimeLog}.2`, 'utf8'))[0]).toBe('2');
    await expect(stat(`${paths.runtimeLog}.3`)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('show whole lines of the end of a long file, and say that there were more', async () => {
    const line = `${'x'.repeat(1_000)}\n`;
    await writeFile(paths.runtimeLog, line.repeat(3_000));
    const { lines, isTruncated } = await readLog(paths.runtimeLog, { source: 'runtime', tail: 100_000 });
    expect(isTruncated).toBe(true);
    expect(new Set(lines.map(({ text }) => text.length))).toEqual(new Set([1_000]));
  });

  it('are empty, not an error, for a unit that never ran', async () => {
    expect(await readLog(paths.runtimeLog, { source: 'runtime', tail: 10 })).toEqual({
      lines: [],
      isTruncated: false,
      cursor: '0',
    });
    expect(await readLauncherLog(paths)).toBe('');
  });

  it('bound what we note about launches', async () => {
    await writeFile(paths.launcherLog, Buffer.alloc(5 * MIB, 'x'));
    await noteLaunch(paths, 'started');
    expect((await stat(paths.launcherLog)).size).toBeLessThan(256 * 1024);
    expect(await readLauncherLog(paths)).toMatch(/ started\n$/);
  });
});

describe('reading on after a cursor', () => {
  it('gives each whole line once, and starts again when the log was cut', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'molecule-log-'));
    try {
      const file = join(folder, 'runtime.log');
      const read = (after?: string) =>
        readLog(file, { source: 'runtime', tail: 100, ...(after === undefined ? {} : { after }) });
      await writeFile(file, 'one\ntwo\nhal');
      const first = await read();
      expect(first.lines.map(({ text }) => text)).toEqual(['one', 'two']);
      await appendFile(file, 'f\nthree\n');
      const second = await read(first.cursor);
      expect(second.lines.map(({ text }) => text)).toEqual(['half', 'three']);
      await writeFile(file, 'new\n');
      expect((await read(second.cursor)).lines.map(({ text }) => text)).toEqual(['new']);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('tells when a line was printed, where the line says', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'molecule-log-'));
    try {
      const file = join(folder, 'runtime.log');
      await writeFile(
        file,
        '{"level":30,"time":1700000000000,"msg":"x"}\nplain\n2026-01-02T03:04:05.678Z started\n',
      );
      const { lines } = await readLog(file, { source: 'runtime', tail: 100 });
      expect(lines.map(({ at }) => at)).toEqual([
        '2023-11-14T22:13:20.000Z',
        null,
        '2026-01-02T03:04:05.678Z',
      ]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
