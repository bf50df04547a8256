// File actions: save, upload and delete.
//
//   A1. What somebody else wrote meanwhile is never overwritten unseen: before a text is saved it is read again.
//   A2. A deletion that can be undone is done at once; one that cannot is asked about first. It can be undone when all that
//       goes is text, and not more than one call puts back.

import { buildPath, CallError } from '@molecule/client';
import { files } from '@molecule/contracts';
import { LIMITS } from '@molecule/domain';
import { say } from '../../languages/say.ts';
import type { CanvasTools } from '../../store/canvas-context.ts';
import { attempt } from '../workspaces/role-actions.ts';
import { joinPath, textOf } from './model.ts';

type Call = CanvasTools['call'];
/** Texts by path: what was deleted. */
export type Copy = Readonly<Record<string, string>>;
export interface Place {
  roleId: string;
  root: files.FileRoot;
}

const COPY_BYTES = 5 * 1024 * 1024;
const DEPTH = 5;

export async function readText(call: Call, { roleId, root }: Place, path: string): Promise<string> {
  const read = await call(files.readFile, { params: { id: roleId, '*': path }, query: { root } });
  return read.content;
}

/** What stands there now when it is not what the writer began with (A1); else null, and the text is saved. */
export async function saveText(
  call: Call,
  place: Place,
  path: string,
  text: string,
  base: string | null,
): Promise<{ other: string } | { needsRestart: boolean }> {
  if (base !== null) {
    const now = await readText(call, place, path).catch(nothingIfAbsent);
    if (now !== null && now !== base && now !== text) return { other: now };
  }
  const { roleId, root } = place;
  const params = { id: roleId, '*': path };
  const saved = await call(files.writeFile, { params, query: { root }, body: { content: text } });
  return { needsRestart: saved.restart_required ?? false };
}

function nothingIfAbsent(error: unknown): null {
  if (error instanceof CallError && error.status === 404) return null;
  throw error;
}

/** What it takes to undo a deletion (A2); null when that can't be done. */
export async function copyBeforeDeletion(
  call: Call,
  place: Place,
  path: string,
  isFolder: boolean,
): Promise<Copy | null> {
  try {
    const paths = isFolder ? await pathsIn(call, place, path) : [path];
    if (!paths) return null;
    const copy: Record<string, string> = {};
    for (const each of paths) copy[each] = await readText(call, place, each);
    return copy;
  } catch (error) {
    // Not text, or too large to be read: only a deletion that is asked about remains.
    if (error instanceof CallError && error.status < 500) return null;
    throw error;
  }
}

async function pathsIn(call: Call, { roleId, root }: Place, folder: string): Promise<string[] | null> {
  const query = { root, path: folder, depth: String(DEPTH) };
  const list = await call(files.listFiles, { params: { id: roleId }, query });
  const texts = list.filter((entry) => !entry.dir);
  const isDeeper = list.some((entry) => entry.dir && entry.path.split('/').length >= DEPTH);
  const sizeBytes = texts.reduce((sum, entry) => sum + entry.size, 0);
  if (isDeeper || texts.length > LIMITS.filesPerReplace || sizeBytes > COPY_BYTES) return null;
  return texts.map((entry) => joinPath(folder, entry.path));
}

export async function deletePath(
  tools: CanvasTools,
  { roleId, root }: Place,
  path: string,
): Promise<{ needsRestart: boolean } | null> {
  let needsRestart = false;
  const isDeleted = await attempt(tools, say('files.pathWasNotDeleted', { path }), async () => {
    const params = { id: roleId, '*': path };
    const effect = await tools.call(files.deleteFile, { params, query: { root } });
    needsRestart = effect.restart_required ?? false;
  });
  return isDeleted ? { needsRestart } : null;
}

export function putBack(tools: CanvasTools, { roleId, root }: Place, copy: Copy): Promise<boolean> {
  return attempt(tools, say('files.theDeletionWasNot'), () =>
    tools.call(files.replaceFiles, { params: { id: roleId }, query: { root }, body: { files: copy } }),
  );
}

/** Text goes into the folder; anything else only a working folder takes, by the way of attachments. */
export async function uploadOne(
  tools: CanvasTools,
  place: Place,
  folder: string,
  file: File,
): Promise<{ path: string; isElsewhere: boolean } | null> {
  const path = joinPath(folder, file.name);
  let uploaded: { path: string; isElsewhere: boolean } | null = null;
  await attempt(tools, say('files.fileWasNotUploaded', { file: file.name }), async () => {
    const text = file.size <= LIMITS.fileWriteBytes ? textOf(await file.arrayBuffer()) : null;
    if (text !== null) {
      const params = { id: place.roleId, '*': path };
      await tools.call(files.writeFile, { params, query: { root: place.root }, body: { content: text } });
      uploaded = { path, isElsewhere: false };
      return;
    }
    if (place.root === '/configs') {
      throw new CallError(400, { error: 'only text is kept among the configuration' }, null);
    }
    uploaded = { path: await attach(place.roleId, file), isElsewhere: true };
  });
  return uploaded;
}

/** Returns where the file is now. */
async function attach(roleId: string, file: File): Promise<string> {
  const form = new FormData();
  form.append('files', file, file.name);
  const response = await fetch(buildPath(files.uploadFiles.path, { id: roleId }, {}), {
    method: 'POST',
    body: form,
    credentials: 'same-origin',
  });
  const answer = (await response.json().catch(() => ({ error: response.statusText }))) as {
    error?: string;
    files?: { uri: string }[];
  };
  if (!response.ok) throw new CallError(response.status, { error: answer.error ?? 'refused' }, null);
  return (answer.files?.[0]?.uri ?? '').replace(/^workspace:/, '');
}

export function downloadAddress({ roleId, root }: Place, path: string): string {
  return buildPath(files.downloadFile.path, { id: roleId }, { path: `${root}/${path}` });
}
