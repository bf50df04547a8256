// Tests of reading an archive: what its sender claims counts for nothing, at both sides of each limit.

import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { describe, expect, it } from 'vitest';
import { type ArchiveLimits, END } from './org-archive.ts';
import { readArchive } from './read-archive.ts';

const ROOMY: ArchiveLimits = { bytes: 1_000_000, entries: 100, entryBytes: 100_000 };

async function archiveOf(entries: readonly (readonly [name: string, content: string])[]): Promise<Buffer> {
  const tar = pack();
  for (const [name, content] of entries) tar.entry({ name }, content);
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar) chunks.push(chunk as Buffer);
  return gzipSync(Buffer.concat(chunks));
}

async function read(bytes: Buffer, limits: Partial<ArchiveLimits> = {}): Promise<string[]> {
  const found: string[] = [];
  // In small pieces, as they come over a network.
  const body = Readable.from(
    Array.from({ length: Math.ceil(bytes.length / 7) }, (_, i) => bytes.subarray(i * 7, i * 7 + 7)),
  );
  await readArchive(body, { ...ROOMY, ...limits }, async ({ name, text }) => {
    found.push(`${name}=${await text()}`);
  });
  return found;
}

const tooLarge = { code: 'BODY_TOO_LARGE' };

describe('an archive', () => {
  it('is read entry by entry, to its end', async () => {
    const bytes = await archiveOf([
      ['a', 'one'],
      ['b', ''],
      [END, '{}'],
    ]);
    expect(await read(bytes)).toEqual(['a=one', 'b=', `${END}={}`]);
  });

  it.each<[keyof ArchiveLimits, number]>([
    ['bytes', 5],
    ['entries', 2],
    ['entryBytes', 3],
  ])('is taken at its limit of %s and refused beyond it (A1, A2)', async (limit, at) => {
    const bytes = await archiveOf([
      ['a', 'one'],
      [END, '{}'],
    ]);
    expect(await read(bytes, { [limit]: at })).toHaveLength(2);
    await expect(read(bytes, { [limit]: at - 1 })).rejects.toMatchObject(tooLarge);
  });

  it('that swells is refused as a large one (A1)', async () => {
    const bytes = await archiveOf([
      ['zeros', '\0'.repeat(900_000)],
      [END, '{}'],
    ]);
    expect(bytes.length).toBeLessThan(5_000);
    await expect(read(bytes, { bytes: 800_000, entryBytes: 1_000_000 })).rejects.toMatchObject(tooLarge);
  });

  it('that was cut anywhere is refused (A3)', async () => {
    const bytes = await archiveOf([
      ['a', 'one'],
      [END, '{}'],
    ]);
    for (let length = 0; length < bytes.length; length += 11)
      await expect(read(bytes.subarray(0, length))).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
  });

  it('ends with what failed while it was used', async () => {
    const bytes = await archiveOf([
      ['a', 'one'],
      [END, '{}'],
    ]);
    const failing = readArchive(Readable.from([bytes]), ROOMY, () => Promise.reject(new Error('a bug')));
    await expect(failing).rejects.toThrow();
  });
});
