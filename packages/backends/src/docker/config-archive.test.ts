// Config archive: what is in it, to whom it belongs, and what it refuses.

import { extract } from 'tar-stream';
import { describe, expect, it } from 'vitest';
import { archiveOf, foldersAbove, ownerOf } from './config-archive.ts';

const owner = ownerOf('1000:1000');

async function entriesOf(
  archive: Buffer,
): Promise<[string, number | undefined, number | undefined, string][]> {
  const found: [string, number | undefined, number | undefined, string][] = [];
  const tar = extract();
  tar.on('entry', (header, stream, next) => {
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('end', () => {
      found.push([header.name, header.mode, header.uid, Buffer.concat(chunks).toString()]);
      next();
    });
  });
  tar.end(archive);
  await new Promise((resolve) => tar.on('finish', resolve));
  return found;
}

describe('the archive of /configs', () => {
  it('has every folder on the way, and files for their owner only (A1, A2)', async () => {
    const archive = await archiveOf({ 'a/b/c.md': 'one\r\ntwo', '.auth_token': 't\r\n' }, owner);
    expect(await entriesOf(archive)).toEqual([
      ['a/', 0o700, 1000, ''],
      ['a/b/', 0o700, 1000, ''],
      ['a/b/c.md', 0o600, 1000, 'one\ntwo'],
      ['.auth_token', 0o600, 1000, 't\r\n'],
    ]);
  });

  it.each(['', '/etc/x', '../x', 'a/../x', 'a//b', 'a/', './a', 'a\0b'])(
    'refuses the path %j (A3)',
    async (path) => {
      await expect(async () => archiveOf({ 'fine.md': '', [path]: '' }, owner)).rejects.toMatchObject({
        code: 'INVALID_REQUEST',
      });
    },
  );

  it('refuses a tree that is too large', async () => {
    const content = 'x'.repeat(9 * 1024 * 1024);
    await expect(async () => archiveOf({ a: content, b: content }, owner)).rejects.toMatchObject({
      message: 'the /configs tree is larger than 16 MiB',
    });
  });

  it('names parents before children, each once', () => {
    expect(foldersAbove(['x/y/z', 'x/q', 'top'])).toEqual(['x', 'x/y']);
  });
});
