// Upload files: what people and agents attach to a chat goes into the agent's own folder, under names that nobody can
// guess. The files of an external workspace stay with the tenant.
//
//   U1. All files of a request are there, or the request fails; an answer lists them in the order of the request.
//   U2. A name can neither leave the folder nor hide what the file is.

import { randomBytes } from 'node:crypto';
import type { files } from '@molecule/contracts';
import { faults, LIMITS, type WorkspaceState } from '@molecule/domain';
import type { KeptUploads } from './kept-uploads.ts';
import type { LiveFolders } from './live-folders.ts';
import { mimeTypeOf } from './mime-types.ts';

export const UPLOAD_FOLDER = '.molecule/chat-uploads';
const NAME_CHARS = 100;
const EXTENSION_CHARS = 16;

export interface UploadDeps {
  live: LiveFolders;
  kept: KeptUploads;
}

export interface Upload {
  name: string;
  mimeType: string | null;
  content: Buffer;
}

export async function uploadFiles(
  deps: UploadDeps,
  workspace: WorkspaceState,
  uploads: readonly Upload[],
): Promise<files.UploadedFile[]> {
  const isExternal = workspace.backend === 'external';
  if (!isExternal && !(await deps.live.isRunning(workspace))) throw notRunning();
  const stored: files.UploadedFile[] = [];
  for (const upload of uploads) {
    const name = cleanName(upload.name);
    const file = `${randomBytes(16).toString('hex')}-${name}`;
    if (isExternal) await deps.kept.write(workspace.id, file, upload.content);
    else {
      const place = { root: 'workspace', path: `${UPLOAD_FOLDER}/${file}` } as const;
      await deps.live.write(workspace, place, upload.content);
    }
    stored.push({
      uri: `workspace:/workspace/${UPLOAD_FOLDER}/${file}`,
      name,
      mimeType: upload.mimeType ?? mimeTypeOf(name),
      size: upload.content.byteLength,
    });
  }
  return stored;
}

/** U2. */
export function cleanName(name: string): string {
  const base = name.split(/[\\/]/).at(-1) ?? '';
  const clean = base.replaceAll(' ', '_').replace(/[^\p{L}\p{N}._-]/gu, '_');
  if (clean === '' || clean === '.' || clean === '..') return 'file';
  const chars = [...clean];
  if (chars.length <= NAME_CHARS) return clean;
  const dot = chars.lastIndexOf('.');
  const extension = dot > 0 && chars.length - dot <= EXTENSION_CHARS ? chars.slice(dot) : [];
  return [...chars.slice(0, NAME_CHARS - extension.length), ...extension].join('');
}

export function notRunning() {
  return faults.workspaceUnavailable('workspace container not running');
}

export function tooLargeUpload(name: string) {
  const megabytes = LIMITS.uploadFileBytes / 1024 / 1024;
  return faults.tooLarge(`${name} exceeds per-file limit (${megabytes} MB)`);
}
