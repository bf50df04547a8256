// Attachments: the files of a message, as agents and people send them, and as a person may fetch them.
//
//   T1. Only an address inside the workspace becomes a download of its server; every other one is a name alone.
//   T2. A name is text of one line: nothing in it can turn the reading direction or run out of the page.

import { buildPath } from '@molecule/client';
import { files } from '@molecule/contracts';
import { LIMITS } from '@molecule/domain';
import { say } from '../../languages/say.ts';
import { isObject } from '../workspaces/model.ts';

/** A file of a message; `uri` is null when it cannot be fetched. */
export interface AttachedFile {
  name: string;
  uri: string | null;
  mimeType: string | null;
  sizeBytes: number | null;
}

/** A file that waits in the composer. `cancel` ends its upload. */
export interface Attachment {
  id: string;
  name: string;
  sizeBytes: number;
  state:
    | { kind: 'uploading'; share: number }
    | { kind: 'ready'; file: AttachedFile }
    | { kind: 'refused'; why: string };
  cancel: () => void;
}

const NAME_CHARS = 160;

/** Total: rubbish is no file. Reads parts of A2A 0.3 and 1.0. */
export function filesOfParts(parts: unknown): AttachedFile[] {
  if (!Array.isArray(parts)) return [];
  return parts
    .map(fileOfPart)
    .filter((file) => file !== null)
    .slice(0, LIMITS.uploadFiles);
}

/** The files of a reply, wherever agents of either protocol version put them. */
export function filesOfReply(body: unknown): AttachedFile[] {
  const result = isObject(body) && 'result' in body ? body.result : body;
  if (isObject(body) && typeof result === 'string') return filesOfParts(body.parts);
  if (!isObject(result)) return [];
  const task = isObject(result.task) ? result.task : result;
  const artifacts = Array.isArray(task.artifacts) ? task.artifacts : [];
  const status = isObject(task.status) ? task.status : {};
  return joinFiles(
    filesOfParts(result.parts),
    isObject(result.message) ? filesOfParts(result.message.parts) : [],
    ...artifacts.map((one) => (isObject(one) ? filesOfParts(one.parts) : [])),
    isObject(status.message) ? filesOfParts(status.message.parts) : [],
  );
}

/** Each file once: agents repeat in the end what they sent on the way. */
export function joinFiles(...lists: readonly (readonly AttachedFile[])[]): AttachedFile[] {
  const byIdentity = new Map(lists.flat().map((file) => [file.uri ?? `name:${file.name}`, file]));
  return [...byIdentity.values()].slice(0, LIMITS.uploadFiles);
}

function fileOfPart(part: unknown): AttachedFile | null {
  if (!isObject(part)) return null;
  const inner = isObject(part.file) ? part.file : null;
  const isFile = inner !== null || typeof part.url === 'string' || typeof part.raw === 'string';
  if (!isFile) return null;
  const uri = inner ? inner.uri : part.url;
  const name = inner ? inner.name : part.filename;
  const mimeType = inner ? inner.mimeType : part.mediaType;
  return {
    name: cleanFileName(typeof name === 'string' ? name : ''),
    uri: typeof uri === 'string' ? uri : null,
    mimeType: typeof mimeType === 'string' && mimeType !== '' ? mimeType : null,
    sizeBytes: typeof inner?.size === 'number' ? inner.size : null,
  };
}

/** T2. */
export function cleanFileName(name: string): string {
  const line = name.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '').trim();
  return [...line].slice(0, NAME_CHARS).join('') || say('chat.fileWithoutName');
}

/** Where the file is fetched, or null when its address is none of this workspace (T1). */
export function downloadOf(roleId: string, file: AttachedFile): string | null {
  const path = /^workspace:(\/.+)$/.exec(file.uri ?? '')?.[1] ?? null;
  if (path === null || path.split('/').includes('..')) return null;
  return buildPath(files.downloadFile.path, { id: roleId }, { path });
}

/** The part of a message that names this file. */
export function partOfFile({ uri, name, mimeType }: AttachedFile) {
  return { kind: 'file', file: { uri, name, ...(mimeType === null ? {} : { mimeType }) } };
}
