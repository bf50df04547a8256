// Folder archive: what is carried, what is left out, and that no link leads out of the folder.

import { execFileSync } from 'node:child_process';
import {
  link,
  lstat,
  mkdir,
  mkdtemp,
  readFile,
  readlink,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pack } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { plainPath } from './archive-names.ts';
import { ownArchive, packFolder, unpackFolder } from './folder-archive.ts';

let folder: string;
const here = (...parts: string[]) => join(folder, ...parts);
const carry = () => unpackFolder(here('to'), packFolder(here('from'), new Set(['given'])).tar);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'molecule-archive-'));
  await mkdir(here('from', 'deep'), { recursive: true });
  await writeFile(here('outside'), 'untouched');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('a folder archive', () => {
  it('carries files, folders and links with content, mode and time', async () => {
    await writeFile(here('from', 'deep', 'ünï code'), 'x'.repeat(100_000), { mode: 0o755 });
    await utimes(here('from', 'deep', 'ünï code'), 1_000_000, 1_000_000);
    await mkdir(here('from', 'empty'));
    await symlink('deep/ünï code', here('from', 'name'));
    await carry();
    expect(await readFile(here('to', 'deep', 'ünï code'), 'utf8')).toBe('x'.repeat(100_000));
    const { mode, mtimeMs } = await stat(here('to', 'deep', 'ünï code'));
    expect([mode & 0o7777, mtimeMs]).toEqual([0o755, 1_000_000_000]);
    expect((await stat(here('to', 'empty'))).isDirectory()).toBe(true);
    expect(await readlink(here('to', 'name'))).toBe('deep/ünï code');
  });

  it('carries a path longer than a tar header holds', async () => {
    const deep = Array.from({ length: 12 }, () => 'd'.repeat(100));
    await mkdir(here('from', ...deep), { recursive: true });
    await writeFile(here('from', ...deep, 'leaf'), 'deep');
    await carry();
    expect(await readFile(here('to', ...deep, 'leaf'), 'utf8')).toBe('deep');
  });

  it('leaves out what every start writes anew, and gives nobody else’s rights away', async () => {
    await writeFile(here('from', 'given'), 'old');
    await writeFile(here('from', 'runs'), '', { mode: 0o755 });
    execFileSync('chmod', ['4755', here('from', 'runs')]);
    await carry();
    await expect(stat(here('to', 'given'))).rejects.toMatchObject({ code: 'ENOENT' });
    expect((await stat(here('to', 'runs'))).mode & 0o7777).toBe(0o755);
  });

  it('leaves out a pipe, and counts it', async () => {
    execFileSync('mkfifo', [here('from', 'pipe')]);
    const { tar, leftOut } = packFolder(here('from'), new Set());
    await unpackFolder(here('to'), tar);
    expect(leftOut()).toBe(1);
    await expect(lstat(here('to', 'pipe'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('is empty where there is no folder', async () => {
    await unpackFolder(here('to'), packFolder(here('nothing'), new Set()).tar);
    expect((await stat(here('to'))).isDirectory()).toBe(true);
  });

  it('makes a second name of a file a file of its own', async () => {
    await writeFile(here('from', 'first'), 'once');
    await link(here('from', 'first'), here('from', 'second'));
    const tar = pack();
    tar.entry({ name: './first' }, 'once');
    tar.entry({ name: './second', type: 'link', linkname: './first' });
    tar.finalize();
    const archive = ownArchive(tar as unknown as Readable, new Set(), { uid: 0, gid: 0 });
    await unpackFolder(here('to'), archive.tar);
    expect(await readFile(here('to', 'second'), 'utf8')).toBe('once');
  });

  it.each<[string, (tar: ReturnType<typeof pack>) => void]>([
    ['a path with dots', (tar) => tar.entry({ name: '../outside' }, 'bad')],
    [
      'a path through a link',
      (tar) => {
        tar.entry({ name: 'way', type: 'symlink', linkname: '..' });
        tar.entry({ name: 'way/outside' }, 'bad');
      },
    ],
    [
      'a second name of what is outside',
      (tar) => tar.entry({ name: 'second', type: 'link', linkname: '../outside' }),
    ],
  ])('refuses %s', async (_, fill) => {
    const tar = pack();
    fill(tar);
    tar.finalize();
    await expect(unpackFolder(here('to'), tar as unknown as Readable)).rejects.toThrow();
    expect(await readFile(here('outside'), 'utf8')).toBe('untouched');
  });

  it('takes an absolute name for one below the folder', async () => {
    const tar = pack();
    tar.entry({ name: here('outside') }, 'bad');
    tar.finalize();
    await unpackFolder(here('to'), tar as unknown as Readable);
    expect(await readFile(here('outside'), 'utf8')).toBe('untouched');
  });

  it('rejects when the archive breaks off', async () => {
    const whole = pack();
    whole.entry({ name: 'a', size: 10 });
    const broken = packFolder(here('from'), new Set()).tar;
    await writeFile(here('from', 'big'), Buffer.alloc(3_000_000));
    const ending = unpackFolder(here('to'), broken);
    broken.destroy(new Error('cut'));
    await expect(ending).rejects.toThrow('cut');
  });
});

describe('a plain path', () => {
  it.each([
    ['./a/b/', 'a/b'],
    ['/a', 'a'],
    ['.//a', 'a'],
    ['./', ''],
    ['.', ''],
    ['.hidden', '.hidden'],
  ])('of %j is %j', (name, path) => expect(plainPath(name)).toBe(path));
});
