// Live files: an agent that plants links and odd files leads nobody outside its folder (V1, V2, V3).

import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LIMITS } from '@molecule/domain';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { deleteLiveFile, listFolder, openFile, writeLiveFile } from './live-files.ts';

describe('live files', () => {
  let base: string;
  let root: string;
  let outside: string;
  const bytes = Buffer.from('written');

  beforeEach(async () => {
    base = await mkdtemp(join(tmpdir(), 'molecule-live-'));
    root = join(base, 'root');
    outside = join(base, 'outside');
    await mkdir(root);
    await mkdir(outside);
    await writeFile(join(outside, 'secret'), 'secret');
  });
  afterEach(() => rm(base, { recursive: true, force: true }));

  it('follow no link, as a folder or as a file, on any verb (V1)', async () => {
    await symlink(outside, join(root, 'door'));
    await symlink(join(outside, 'secret'), join(root, 'key'));
    expect(await openFile(root, 'door/secret')).toBeNull();
    expect(await listFolder(root, 'door', 1)).toBeNull();
    await expect(openFile(root, 'key')).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
    await expect(writeLiveFile(root, 'door/new', bytes)).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
    expect(await deleteLiveFile(root, 'door/secret')).toBe(false);
    expect(await readdir(outside)).toEqual(['secret']);
  });

  it('replace and delete a link, never what it points to (V1)', async () => {
    await symlink(join(outside, 'secret'), join(root, 'key'));
    await symlink(outside, join(root, 'door'));
    await writeLiveFile(root, 'key', bytes);
    expect(await deleteLiveFile(root, 'door')).toBe(true);
    expect(await readFile(join(outside, 'secret'), 'utf8')).toBe('secret');
    expect(await readFile(join(root, 'key'), 'utf8')).toBe('written');
  });

  it('stay inside while a folder is swapped for a link again and again (V1)', async () => {
    const folder = join(root, 'f');
    let isOver = false;
    // A writer may make or fill the folder meanwhile; then this step has nothing to swap.
    const unlessTaken = (error: NodeJS.ErrnoException) =>
      expect(['EEXIST', 'ENOTEMPTY']).toContain(error.code);
    const swap = (async () => {
      while (!isOver) {
        await rm(folder, { recursive: true, force: true }).catch(unlessTaken);
        await symlink(outside, folder).catch(unlessTaken);
        await rm(folder, { recursive: true, force: true }).catch(unlessTaken);
        await mkdir(folder).catch(unlessTaken);
        // Now and then it stands for a while, or no write would ever come through.
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 2));
      }
    })();
    let written = 0;
    for (let i = 0; i < 400 || (written === 0 && i < 40_000); i++) {
      await writeLiveFile(root, 'f/probe', bytes).then(
        () => written++,
        () => undefined,
      );
    }
    isOver = true;
    await swap;
    expect(written).toBeGreaterThan(0);
    expect(await readdir(outside)).toEqual(['secret']);
  });

  it('do not hang on a pipe', async () => {
    execFileSync('mkfifo', [join(root, 'pipe')]);
    await expect(openFile(root, 'pipe')).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
  });

  it('leave no half file behind when a folder is in the way (V2)', async () => {
    await mkdir(join(root, 'folder/inner'), { recursive: true });
    await expect(writeLiveFile(root, 'folder', bytes)).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
    expect(await readdir(root)).toEqual(['folder']);
  });

  it('list as many as the limit and not one more (V3)', async () => {
    for (let i = 0; i < LIMITS.filesListed + 1; i += 1) writeFileSync(join(root, `f${i}`), '');
    expect(await listFolder(root, '', 1)).toHaveLength(LIMITS.filesListed);
  }, 30_000);

  it('show node_modules and do not enter it', async () => {
    await writeLiveFile(root, 'node_modules/a/index.js', bytes);
    expect((await listFolder(root, '', 5))?.map(({ path }) => path)).toEqual(['node_modules']);
  });
});
