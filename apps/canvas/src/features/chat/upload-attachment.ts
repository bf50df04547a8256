// Upload attachment: sends one file to a role's folder and tells how far it is. What the server would refuse for its size is
// not sent at all.

import { buildPath, CallError } from '@molecule/client';
import { files } from '@molecule/contracts';
import { LIMITS } from '@molecule/domain';
import { say } from '../../languages/say.ts';
import { isObject } from '../workspaces/model.ts';
import type { AttachedFile } from './attachments.ts';

const UPLOAD_LIMIT_MS = 10 * 60_000;

/** Why this file is not even sent; null when it may be. `count`: how many are attached already. */
export function refuseBeforeUpload(file: { size: number }, count: number): string | null {
  if (count >= LIMITS.uploadFiles) return say('chat.attachedTooMany', { limit: LIMITS.uploadFiles });
  if (file.size > LIMITS.uploadFileBytes) return tooLarge();
  return null;
}

/** The words for a refusal of the server. */
export function explainUploadFailure(error: unknown): string {
  if (!(error instanceof CallError)) return say('chat.uploadBrokeOff');
  switch (error.status) {
    case 401:
      return say('chat.youAreSignedOut');
    case 403:
      return say('chat.notAllowed');
    case 404:
    case 410:
      return say('chat.theRoleIsGone');
    case 413:
      return tooLarge();
    case 429:
      return say('chat.uploadTooOften');
    case 501:
    case 503:
      return say('chat.uploadNeedsRunning');
    case 507:
      return say('chat.uploadFull');
    default:
      return say('chat.uploadRefused', { said: error.message });
  }
}

function tooLarge(): string {
  return say('chat.attachedTooLarge', { limit: LIMITS.uploadFileBytes / 1024 / 1024 });
}

/**
 * `onShare` gets 0 to 1. Rejects with CallError when the server refuses, with Error when the network or `signal` ends it.
 * An XMLHttpRequest, because fetch does not tell how much of a body has gone.
 */
export function uploadAttachment(
  roleId: string,
  file: File,
  onShare: (share: number) => void,
  signal: AbortSignal,
): Promise<AttachedFile> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const form = new FormData();
    form.append('files', file, file.name);
    request.open('POST', buildPath(files.uploadFiles.path, { id: roleId }, {}));
    request.timeout = UPLOAD_LIMIT_MS;
    request.upload.addEventListener('progress', ({ loaded, total }) =>
      onShare(total > 0 ? loaded / total : 0),
    );
    const breakOff = () => reject(new Error('the upload ended early'));
    for (const end of ['error', 'abort', 'timeout'] as const) request.addEventListener(end, breakOff);
    request.addEventListener('load', () => {
      const stored = readAnswer(request.responseText);
      if (request.status === 200 && stored.file) resolve(stored.file);
      else reject(new CallError(request.status, { error: stored.error }, null));
    });
    signal.addEventListener('abort', () => request.abort(), { once: true });
    request.send(form);
  });
}

function readAnswer(text: string): { file: AttachedFile | null; error: string } {
  const read = files.uploadFiles.response.safeParse(parseJson(text));
  const stored = read.success ? read.data.files[0] : undefined;
  if (stored) {
    const { uri, name, mimeType, size } = stored;
    return { file: { uri, name, mimeType: mimeType ?? null, sizeBytes: size }, error: '' };
  }
  const body = parseJson(text);
  return { file: null, error: isObject(body) && typeof body.error === 'string' ? body.error : 'unreadable' };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A page of an intermediary; the status says the rest.
    return null;
  }
}
