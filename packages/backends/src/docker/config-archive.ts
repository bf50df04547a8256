// Config archive: what the tenant puts below /configs, as a tar that the engine unpacks into the unit's volume.
//
//   A1. Config and token are complete, and the token has mode 0600, before the agent starts: they are unpacked into a
//       container that was made and not yet started.
//   A2. Every folder on the way is an entry of its own: a link that an agent left in its place makes room.
//   A3. A path that could lead outside /configs is refused before anything is sent.

import { faults, LIMITS } from '@molecule/domain';
import { pack } from 'tar-stream';
import type { WorkspaceSpec } from '../backend.ts';
import type { FileOwner } from '../folder-archive.ts';
import { pathParts } from '../unit-file.ts';

const TEXT_WITH_UNIX_LINES = /\.(sh|py|md)$/;
export const TOKEN_FILE = '.auth_token';

type Files = Readonly<Record<string, string>>;

/** `user` as containers name it: `uid:gid`. */
export function ownerOf(user: string): FileOwner {
  const [uid = 0, gid = 0] = user.split(':').map(Number);
  return { uid, gid };
}

export function startFiles(spec: WorkspaceSpec): Files {
  if (!spec.configFiles['config.yaml']) throw faults.configMissing('this workspace has no config.yaml');
  return { ...spec.configFiles, [TOKEN_FILE]: spec.authToken };
}

/** The archive to unpack in /configs. Throws INVALID_REQUEST for a bad path or a tree that is too large. */
export function archiveOf(files: Files, owner: FileOwner): Promise<Buffer> {
  const entries = Object.entries(files).map(([path, content]) => ({
    path: pathParts(path).join('/'),
    content: Buffer.from(TEXT_WITH_UNIX_LINES.test(path) ? content.replaceAll('\r\n', '\n') : content),
  }));
  const bytes = entries.reduce((sum, { content }) => sum + content.byteLength, 0);
  if (bytes > LIMITS.configTreeBytes) throw faults.invalidRequest('the /configs tree is larger than 16 MiB');
  const tar = pack();
  const folder = (name: string) => tar.entry({ name, type: 'directory', mode: 0o700, ...owner });
  for (const name of foldersAbove(entries.map(({ path }) => path))) folder(`${name}/`);
  for (const { path, content } of entries) {
    tar.entry({ name: path, mode: 0o600, ...owner }, content);
  }
  tar.finalize();
  return collect(tar);
}

/** To unpack in the root of a container: folders that belong to one owner. */
export function foldersArchive(names: readonly string[], owner: FileOwner): Promise<Buffer> {
  const tar = pack();
  for (const name of names) tar.entry({ name: `${name}/`, type: 'directory', mode: 0o700, ...owner });
  tar.finalize();
  return collect(tar);
}

/** Parents before children. */
export function foldersAbove(paths: readonly string[]): string[] {
  const folders = new Set<string>();
  for (const path of paths) {
    const parts = path.split('/').slice(0, -1);
    for (let i = 1; i <= parts.length; i++) folders.add(parts.slice(0, i).join('/'));
  }
  return [...folders].sort((a, b) => a.split('/').length - b.split('/').length || (a < b ? -1 : 1));
}

async function collect(stream: AsyncIterable<unknown>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
