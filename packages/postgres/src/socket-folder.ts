// Socket folder: where Postgres puts its unix socket. Only its owner may enter (mode 0700).

import { randomBytes } from 'node:crypto';
import { chmod, lstat, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Paths of unix sockets end at 107 bytes, and Postgres adds `/.s.PGSQL.5432`. */
const MAX_FOLDER_BYTES = 90;

export interface SocketFolder {
  path: string;
  /** Removes a folder outside of the data folder. */
  release(): Promise<void>;
}

/** Inside the data folder, or under the temporary folder when that path is too long for a socket. */
export async function openSocketFolder(root: string): Promise<SocketFolder> {
  const inside = join(root, 'run');
  if (Buffer.byteLength(inside) <= MAX_FOLDER_BYTES) {
    await mkdir(inside, { recursive: true, mode: 0o700 });
    await chmod(inside, 0o700);
    return { path: inside, release: async () => {} };
  }
  // The next start finds a server that outlived this process by the same path.
  const marker = join(root, 'socket-dir');
  const known = (await readFile(marker, 'utf8').catch(() => '')).trim();
  const path = known !== '' && (await isOurs(known)) ? known : await makeOutside(marker);
  return {
    path,
    release: async () => {
      await rm(path, { recursive: true, force: true });
      await rm(marker, { force: true });
    },
  };
}

async function makeOutside(marker: string): Promise<string> {
  const path = join(tmpdir(), `molecule-${randomBytes(6).toString('hex')}`);
  await mkdir(path, { mode: 0o700 });
  await writeFile(marker, path, { mode: 0o600 });
  return path;
}

/** The temporary folder belongs to everybody: a folder there is ours only when nobody else can have made or entered it. */
async function isOurs(path: string): Promise<boolean> {
  const found = await lstat(path).catch(() => null);
  return found?.isDirectory() === true && found.uid === process.getuid?.() && (found.mode & 0o077) === 0;
}
