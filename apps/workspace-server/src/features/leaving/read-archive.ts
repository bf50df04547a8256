// Read archive: the entries of an export, one after the other, bounded in bytes and number whatever the sender claims.
//
//   A1. What is counted is what came out, unpacked: a small archive that swells is refused as a large one.
//   A2. Nothing beyond one entry of JSON is in memory; files pass through.
//   A3. Nothing follows the last entry, and without it the archive was broken off.

import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { Fault, faults, isFault } from '@molecule/domain';
import { extract, type Headers } from 'tar-stream';
import { type ArchiveLimits, END } from './org-archive.ts';

export interface ArchiveEntry {
  name: string;
  header: Headers;
  content: Readable;
  /** All of it as text (A2). */
  text(): Promise<string>;
}

/** Rejects with INVALID_REQUEST for what is no whole export, and BODY_TOO_LARGE for one beyond the limits. */
export async function readArchive(
  body: Readable,
  limits: ArchiveLimits,
  act: (entry: ArchiveEntry) => Promise<void>,
): Promise<void> {
  const entries = extract();
  let bytes = 0;
  let count = 0;
  let last = '';
  entries.on('entry', (header, stream, next) => {
    const content = stream as unknown as Readable;
    const run = async () => {
      if (last === END) throw notAnExport('something follows its end');
      bytes += header.size ?? 0;
      if (bytes > limits.bytes) throw faults.tooLarge('the archive is larger than this server takes');
      if (++count > limits.entries)
        throw faults.tooLarge('the archive has more entries than this server takes');
      last = header.name;
      await act({
        name: header.name,
        header,
        content,
        text: () => textOf(header, content, limits.entryBytes),
      });
    };
    run().then(() => {
      content.resume();
      next();
    }, next);
  });
  try {
    await pipeline(body, createGunzip(), entries);
  } catch (error) {
    if (isFault(error)) throw error;
    throw notAnExport('it is damaged or was broken off', error);
  }
  // A3.
  if (last !== END) throw notAnExport('its end is missing');
}

export function notAnExport(why: string, cause?: unknown) {
  return new Fault('INVALID_REQUEST', `this is no export of an organisation: ${why}`, { cause });
}

async function textOf(header: Headers, content: Readable, limit: number): Promise<string> {
  if ((header.size ?? 0) > limit) throw faults.tooLarge(`${header.name} is larger than this server takes`);
  const chunks: Buffer[] = [];
  for await (const chunk of content) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
