// Hostile archives: whatever an archive names, nothing outside the folder that it is unpacked into is read or changed.

import { createHash } from 'node:crypto';
import { lstat, mkdir, mkdtemp, readdir, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { PATH_CORPUS } from '@molecule/testkit';
import { type Headers, pack } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ownArchive, unpackFolder } from './folder-archive.ts';

type Entry = [Headers, string?];
let folder: string;
const SECRET = 'hidden words';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'molecule-hostile-'));
  await mkdir(join(folder, 'outside'));
  await writeFile(join(folder, 'outside', 'secret'), SECRET);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Each way in which an archive can name a path. */
const FORMS: Record<string, (path: string) => Entry[]> = {
  'a file there': (path) => [[{ name: path }, 'out']],
  'a folder there, and a file in it': (path) => [
    [{ name: path, type: 'directory' }],
    [{ name: `${path}/file` }, 'out'],
  ],
  'a link to it, and a file behind the link': (path) => [
    [{ name: 'way', type: 'symlink', linkname: path }],
    [{ name: 'way/secret' }, 'out'],
  ],
  'a link to it, replaced by a file of the same name': (path) => [
    [{ name: 'way', type: 'symlink', linkname: path }],
    [{ name: 'way' }, 'out'],
  ],
  'a second name of it': (path) => [[{ name: 'second', type: 'link', linkname: path }]],
  'a second name of what a link leads to': (path) => [
    [{ name: 'way', type: 'symlink', linkname: path }],
    [{ name: 'second', type: 'link', linkname: 'way/secret' }],
  ],
  'a device there': (path) => [[{ name: path, type: 'character-device', devmajor: 1, devminor: 5 }]],
  'a pipe there': (path) => [[{ name: path, type: 'fifo' }]],
};

const OURS = ['../outside', '../outside/secret', '/tmp', 'way/../../outside', 'a/../../outside/secret'];
const PATHS = [...PATH_CORPUS, ...OURS];

/** Null: the format itself cannot say that. */
function tarOf(entries: Entry[]): Readable | null {
  const tar = pack();
  try {
    for (const [header, content] of entries) {
      if ((header.type ?? 'file') === 'file') tar.entry(header, content ?? '');
      else tar.entry(header);
    }
  } catch {
    return null;
  }
  tar.finalize();
  return tar as unknown as Readable;
}

/** Everything below a folder, links not followed. */
async function walk(root: string): Promise<string[]> {
  const paths: string[] = [];
  for (const entry of await readdir(root, { withFileTypes: true })) {
    const path = join(root, entry.name);
    paths.push(path);
    if (entry.isDirectory()) paths.push(...(await walk(path)));
  }
  return paths.sort();
}

/** Everything that stands beside the folder that is unpacked into. */
async function fingerprint(): Promise<string> {
  const hash = createHash('sha256');
  for (const path of await walk(folder)) {
    if (path === join(folder, 'to') || path.startsWith(join(folder, 'to/'))) continue;
    const stat = await lstat(path);
    const content = stat.isFile() ? await readFile(path) : stat.isSymbolicLink() ? await readlink(path) : '';
    hash.update(`${path}\0${stat.mode}\0${stat.nlink}\0`).update(content);
  }
  return hash.digest('hex');
}

/** What the files inside hold. */
async function insides(): Promise<string[]> {
  const texts: string[] = [];
  for (const path of await walk(join(folder, 'to'))) {
    const stat = await lstat(path);
    expect(stat.isFile() || stat.isDirectory() || stat.isSymbolicLink()).toBe(true);
    if (stat.isFile()) texts.push(await readFile(path, 'utf8'));
  }
  return texts;
}

describe.each(Object.entries(FORMS))('an archive with %s', (_, form) => {
  it.each([
    ['as it is', (tar: Readable) => tar],
    ['as an engine gives it', (tar: Readable) => ownArchive(tar, new Set(), { uid: 0, gid: 0 }).tar],
  ])(
    `leads nowhere, for each of ${PATHS.length} paths, %s`,
    async (_name, pass) => {
      const before = await fingerprint();
      const topLevel = (await readdir('/')).sort();
      let tried = 0;
      for (const path of PATHS) {
        const tar = tarOf(form(path));
        if (!tar) continue;
        tried++;
        await unpackFolder(join(folder, 'to'), pass(tar)).catch((error: unknown) => {
          expect(error).toBeInstanceOf(Error);
        });
        expect([path, await fingerprint()]).toEqual([path, before]);
        expect([path, (await insides()).includes(SECRET)]).toEqual([path, false]);
        await rm(join(folder, 'to'), { recursive: true, force: true });
      }
      expect((await readdir('/')).sort()).toEqual(topLevel);
      expect(tried).toBeGreaterThanOrEqual(250);
    },
    60_000,
  );
});

it('notices an unpacking that follows a link, and a secret that was read', async () => {
  const before = await fingerprint();
  await mkdir(join(folder, 'to'));
  await symlink(join(folder, 'outside'), join(folder, 'to', 'way'));
  await writeFile(join(folder, 'to', 'copy'), await readFile(join(folder, 'to', 'way', 'secret')));
  expect(await insides()).toContain(SECRET);
  await writeFile(join(folder, 'to', 'way', 'secret'), 'out');
  expect(await fingerprint()).not.toBe(before);
});
