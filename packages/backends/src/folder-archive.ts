// Folder archive: one folder of a unit as a tar, to carry it from one backend to another.
//
//   A1. No link is followed, neither while packing nor while unpacking: what an agent put there names nothing outside.
//   A2. Files, folders and links arrive with their content, mode and time. What is none of these (a socket, a pipe, a
//       device) belongs to a process that ended; it is left out and counted.
//   A3. What every start writes anew is left out, so that a file the tenant gave up does not come back.

import { constants } from 'node:fs';
import {
  type FileHandle,
  lstat,
  mkdir,
  open,
  readdir,
  readlink,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { PassThrough, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { extract, type Headers, pack } from 'tar-stream';
import { ArchiveNames, outside, partsOf, plainPath } from './archive-names.ts';
import { below, enter, enterOrMake, openOrNull, withFolder } from './live-files.ts';

/** What a unit keeps, and `log`, what is known of its earlier runs; the rest is made anew by every start. */
export const CARRIED_FOLDERS = ['configs', 'workspace', 'sessions', 'log'] as const;
export type CarriedFolder = (typeof CARRIED_FOLDERS)[number];

/** Numbers of the user and group who own what is unpacked. */
export interface FileOwner {
  uid: number;
  gid: number;
}

export interface FolderArchive {
  /** A tar whose names are relative to the folder. To be read to its end or destroyed. */
  tar: Readable;
  /** How much was left out so far (A2); whole once the tar has ended. */
  leftOut(): number;
}

const FOLDER = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
const FILE = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
const NEW_FILE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
const CARRIED_TYPES: ReadonlySet<string> = new Set(['file', 'directory', 'symlink', 'link']);
/** No bit that gives whoever runs a file somebody else's rights. */
const MODE = 0o777;

/** A tar that is written while it is read; who writes is told when nobody reads any more. */
export class TarWriter {
  readonly #pack = pack();
  readonly #givenUp: Promise<never>;
  readonly readable = new PassThrough();

  constructor() {
    this.#givenUp = new Promise((_, reject) => {
      this.#pack.once('close', () => reject(new Error('the archive was given up')));
    });
    this.#givenUp.catch(() => undefined);
    this.#pack.once('error', (error) => this.readable.destroy(error));
    this.#pack.pipe(this.readable);
    this.readable.once('close', () => this.#pack.destroy());
    // Whoever reads is told by the reading; an archive that fails before it is read must not end the process.
    this.readable.on('error', () => undefined);
  }

  /** An entry without content. */
  async add(header: Headers): Promise<void> {
    const isFile = (header.type ?? 'file') === 'file';
    const added = new Promise<void>((resolve, reject) => {
      const done = (error?: Error | null) => (error ? reject(error) : resolve());
      if (isFile) this.#pack.entry(header, Buffer.alloc(0), done);
      else this.#pack.entry(header, done);
    });
    await Promise.race([added, this.#givenUp]);
  }

  async addFile(header: Headers, content: Readable): Promise<void> {
    if (!header.size) return this.add(header);
    await Promise.race([pipeline(content, this.#pack.entry(header)), this.#givenUp]);
  }

  /** Ends the archive after `writing`, or breaks it off. */
  endAfter(writing: Promise<void>): void {
    writing.then(
      () => this.#pack.finalize(),
      (error: Error) => this.#pack.destroy(error),
    );
  }
}

/** A folder that is not there is an empty one. `without`: paths below the folder (A3). */
export function packFolder(root: string, without: ReadonlySet<string>): FolderArchive {
  const tar = new TarWriter();
  const count = { leftOut: 0 };
  tar.endAfter(packAll(root, tar, without, count));
  return { tar: tar.readable, leftOut: () => count.leftOut };
}

async function packAll(
  root: string,
  tar: TarWriter,
  without: ReadonlySet<string>,
  count: { leftOut: number },
): Promise<void> {
  const folder = await openOrNull(root, FOLDER);
  if (folder) await withFolder(folder, () => packInto(tar, folder, '', without, count));
}

async function packInto(
  tar: TarWriter,
  folder: FileHandle,
  prefix: string,
  without: ReadonlySet<string>,
  count: { leftOut: number },
): Promise<void> {
  for (const name of (await readdir(`/proc/self/fd/${folder.fd}`)).sort()) {
    const path = `${prefix}${name}`;
    if (without.has(path)) continue;
    const stat = await lstat(below(folder, name));
    const header = { mode: stat.mode & MODE, mtime: stat.mtime };
    if (stat.isDirectory()) {
      await tar.add({ name: `${path}/`, type: 'directory', ...header });
      const inner = await open(below(folder, name), FOLDER);
      await withFolder(inner, () => packInto(tar, inner, `${path}/`, without, count));
    } else if (stat.isSymbolicLink()) {
      const linkname = await readlink(below(folder, name));
      await tar.add({ name: path, type: 'symlink', linkname, ...header });
    } else if (stat.isFile()) {
      await packFile(tar, folder, name, path);
    } else count.leftOut++;
  }
}

async function packFile(tar: TarWriter, folder: FileHandle, name: string, path: string): Promise<void> {
  const file = await open(below(folder, name), FILE);
  try {
    const { size, mode, mtime } = await file.stat();
    const content = file.createReadStream({ autoClose: false, end: Math.max(size - 1, 0) });
    await tar.addFile({ name: path, size, mode: mode & MODE, mtime }, content);
  } finally {
    await file.close();
  }
}

/** Into a folder of this machine, which is made. Entries that are there already are replaced. */
export async function unpackFolder(root: string, tar: Readable): Promise<void> {
  await mkdir(root, { recursive: true, mode: 0o700 });
  await eachEntry(tar, (header, content) => unpackEntry(root, header, content));
}

/**
 * One entry after the other; what is not read of an entry is passed over. Rejects with INVALID_REQUEST at the first name
 * that leads outside.
 */
export function eachEntry(
  tar: Readable,
  act: (header: Headers, content: Readable) => Promise<void>,
): Promise<void> {
  const entries = extract();
  const names = new ArchiveNames();
  const take = async (header: Headers, content: Readable) => act(names.take(header), content);
  entries.on('entry', (header, stream, next) => {
    const content = stream as unknown as Readable;
    take(header, content).then(() => {
      content.resume();
      next();
    }, next);
  });
  return pipeline(tar, entries);
}

async function unpackEntry(root: string, header: Headers, content: Readable): Promise<void> {
  const parts = partsOf(header.name);
  if (parts.length === 0 || !CARRIED_TYPES.has(header.type ?? 'file')) return;
  const mode = (header.mode ?? 0o600) & MODE;
  if (header.type === 'directory') {
    await withFolder(await enterOrMake(root, parts), (folder) => folder.chmod(mode | 0o700));
    return;
  }
  const name = parts.at(-1) ?? '';
  await withFolder(await enterOrMake(root, parts.slice(0, -1)), async (folder) => {
    await rm(below(folder, name), { recursive: true, force: true });
    if (header.type === 'symlink') {
      await symlink(header.linkname ?? '', below(folder, name));
      return;
    }
    const source = header.type === 'link' ? await linked(root, header.linkname ?? '') : content;
    const file = await open(below(folder, name), NEW_FILE, mode);
    try {
      await writeFile(file, source);
      await file.chmod(mode);
      if (header.mtime) await file.utimes(header.mtime, header.mtime);
    } finally {
      await file.close();
    }
  });
}

/** A second name of a file that came before becomes a file of its own. */
async function linked(root: string, name: string): Promise<Readable> {
  const parts = partsOf(name);
  const folder = await enter(root, parts.slice(0, -1));
  if (!folder) throw outside();
  return withFolder(folder, async () => {
    const file = await openOrNull(below(folder, parts.at(-1) ?? ''), FILE);
    if (!file) throw outside();
    return file.createReadStream();
  });
}

export function emptyArchive(): FolderArchive {
  const tar = new TarWriter();
  tar.endAfter(Promise.resolve());
  return { tar: tar.readable, leftOut: () => 0 };
}

/** What an engine packed, with the names and headers of ours. */
export function ownArchive(tar: Readable, without: ReadonlySet<string>, owner: FileOwner): FolderArchive {
  const count = { leftOut: 0 };
  const changed = changeHeaders(tar, (header) => {
    const { size, linkname, mtime } = header;
    const type = header.type ?? 'file';
    const name = plainPath(header.name);
    if (name === '' || without.has(name)) return null;
    const isDangling = type === 'link' && without.has(plainPath(linkname ?? ''));
    if (!CARRIED_TYPES.has(type) || isDangling) {
      count.leftOut++;
      return null;
    }
    const to = type === 'link' ? { linkname: plainPath(linkname ?? '') } : linkname ? { linkname } : {};
    const isFolder = type === 'directory';
    const mode = (header.mode ?? 0o600) & MODE;
    return {
      name: isFolder ? `${name}/` : name,
      type,
      mode,
      ...(mtime ? { mtime } : {}),
      ...(type === 'file' ? { size: size ?? 0 } : {}),
      ...to,
      ...owner,
    };
  });
  return { tar: changed, leftOut: () => count.leftOut };
}

/** The same archive with other headers; an entry whose header becomes null is left out. */
function changeHeaders(tar: Readable, change: (header: Headers) => Headers | null): Readable {
  const changed = new TarWriter();
  const copying = eachEntry(tar, async (before, content) => {
    const header = change(before);
    if (header) await changed.addFile(header, content);
  });
  changed.endAfter(copying);
  return changed.readable;
}
