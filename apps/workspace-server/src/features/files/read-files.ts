// Read files: list a folder, read a text file. What the tenant keeps is read without a running unit.

import type { Readable } from 'node:stream';
import { faults, LIMITS, type WorkspaceState } from '@molecule/domain';
import type { FilePlace } from './file-place.ts';
import type { LiveFolders } from './live-folders.ts';

export interface ReadFilesDeps {
  /** The whole config tree of a workspace as its next start gets it. */
  readConfigTree(workspace: WorkspaceState): Promise<Record<string, string>>;
  live: LiveFolders;
}

export interface ListedFile {
  path: string;
  size: number;
  dir: boolean;
}

export async function listFiles(
  deps: ReadFilesDeps,
  workspace: WorkspaceState,
  place: FilePlace,
  depth: number,
): Promise<ListedFile[]> {
  if (place.kind === 'kept') return listTree(await deps.readConfigTree(workspace), place.path, depth);
  const entries = await deps.live.list(workspace, place, depth);
  if (!entries) throw faults.notFound('file not found');
  return entries.map(({ path, sizeBytes, isFolder }) => ({ path, size: sizeBytes, dir: isFolder }));
}

export async function readTextFile(
  deps: ReadFilesDeps,
  workspace: WorkspaceState,
  place: FilePlace,
): Promise<{ content: string; size: number }> {
  const bytes = await readBytes(deps, workspace, place, LIMITS.fileReadBytes);
  return { content: decode(bytes), size: bytes.byteLength };
}

async function readBytes(
  deps: ReadFilesDeps,
  workspace: WorkspaceState,
  place: FilePlace,
  limitBytes: number,
): Promise<Buffer> {
  const file = await openPlace(deps, workspace, place);
  if (file instanceof Uint8Array) {
    if (file.byteLength > limitBytes) throw tooLargeToRead();
    return file;
  }
  if (file.sizeBytes > limitBytes) {
    file.content.destroy();
    throw tooLargeToRead();
  }
  return collect(file.content, limitBytes);
}

/** What the tenant keeps comes whole; what a unit has comes as a stream. Throws 404 `file not found`. */
export async function openPlace(
  deps: ReadFilesDeps,
  workspace: WorkspaceState,
  place: FilePlace,
): Promise<Buffer | { sizeBytes: number; content: Readable }> {
  if (place.kind === 'live') {
    const file = await deps.live.open(workspace, place);
    if (!file) throw faults.notFound('file not found');
    return file;
  }
  const tree = await deps.readConfigTree(workspace);
  const content = Object.hasOwn(tree, place.path) ? tree[place.path] : undefined;
  if (content !== undefined) return Buffer.from(content);
  const isFolder = Object.keys(tree).some((path) => path.startsWith(`${place.path}/`));
  if (isFolder) throw faults.invalidRequest('path is not a regular file');
  throw faults.notFound('file not found');
}

async function collect(content: Readable, limitBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of content) {
    size += (chunk as Buffer).byteLength;
    // A file that grows while it is read.
    if (size > limitBytes) throw tooLargeToRead();
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw faults.invalidRequest('the file is not text; fetch its bytes from /chat/download');
  }
}

function tooLargeToRead() {
  return faults.tooLarge(
    `the file is larger than ${LIMITS.fileReadBytes} bytes; fetch it from /chat/download`,
  );
}

/** Folders of a flat tree, as deep as asked, in the order of their paths. */
export function listTree(
  tree: Readonly<Record<string, string>>,
  folder: string,
  depth: number,
): ListedFile[] {
  const prefix = folder === '' ? '' : `${folder}/`;
  const found = new Map<string, ListedFile>();
  for (const [path, content] of Object.entries(tree)) {
    if (!path.startsWith(prefix)) continue;
    const parts = path.slice(prefix.length).split('/');
    for (let level = 1; level <= Math.min(parts.length, depth); level++) {
      const name = parts.slice(0, level).join('/');
      const dir = level < parts.length;
      found.set(name, { path: name, size: dir ? 0 : Buffer.byteLength(content), dir });
    }
  }
  return [...found.values()].sort((a, b) => (a.path < b.path ? -1 : 1)).slice(0, LIMITS.filesListed);
}
