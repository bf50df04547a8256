// Files: what a workspace is configured with, what its agent works on, and what people attach to a chat.

import { LIMITS } from '@molecule/domain';
import { z } from 'zod';
import { idParams } from './common.ts';
import { defineRoute } from './route.ts';

export const FILE_ROOTS = ['/configs', '/workspace', '/home', '/plugins'] as const;
export type FileRoot = (typeof FILE_ROOTS)[number];

const root = z.string().optional();
const fileParams = z.object({ id: z.string(), '*': z.string() });

export const fileEntry = z.object({
  /** Relative to the listed folder. */
  path: z.string(),
  size: z.number().int(),
  dir: z.boolean(),
});

/** What a change of /configs means for an agent that runs. */
const effect = {
  restart_required: z.boolean().optional(),
  hot_reloaded: z.boolean().optional(),
  /** The number of the configuration that holds the change. */
  revision: z.number().int().optional(),
};

export const listFiles = defineRoute({
  name: 'listFiles',
  method: 'GET',
  path: '/workspaces/:id/files',
  policy: 'workspace',
  tag: 'files',
  summary: 'List a folder of a workspace, one to five levels deep',
  params: idParams,
  query: z.object({ root, path: z.string().optional(), depth: z.string().optional() }),
  response: z.array(fileEntry),
  errors: [409, 410, 501, 503],
});

export const readFile = defineRoute({
  name: 'readFile',
  method: 'GET',
  path: '/workspaces/:id/files/*',
  policy: 'workspace',
  tag: 'files',
  summary: 'Read a text file; for anything else use the chat download',
  params: fileParams,
  query: z.object({ root }),
  response: z.object({ path: z.string(), content: z.string(), size: z.number().int() }),
  errors: [409, 410, 413, 501, 503],
});

export const writeFile = defineRoute({
  name: 'writeFile',
  method: 'PUT',
  path: '/workspaces/:id/files/*',
  policy: 'workspace',
  tag: 'files',
  summary: 'Write a text file',
  params: fileParams,
  query: z.object({ root }),
  body: z.object({ content: z.string() }),
  bodyLimit: LIMITS.filesBodyBytes,
  invalidBody: 'invalid request body',
  response: z.object({ status: z.literal('saved'), path: z.string(), ...effect }),
  errors: [409, 410, 501, 503],
});

export const replaceFiles = defineRoute({
  name: 'replaceFiles',
  method: 'PUT',
  path: '/workspaces/:id/files',
  policy: 'workspace',
  tag: 'files',
  summary: 'Write up to 200 text files, all or none; others stay',
  params: idParams,
  query: z.object({ root }),
  /** Relative path → content. */
  body: z.object({ files: z.record(z.string(), z.string()) }),
  bodyLimit: LIMITS.filesBodyBytes,
  invalidBody: 'invalid request body',
  response: z.object({
    status: z.literal('replaced'),
    workspace: z.string(),
    files: z.number().int(),
    /** Where it went: into a running unit as well, or only to what its next start reads. */
    source: z.enum(['container', 'volume']),
    ...effect,
  }),
  errors: [409, 410, 501, 503],
});

export const deleteFile = defineRoute({
  name: 'deleteFile',
  method: 'DELETE',
  path: '/workspaces/:id/files/*',
  policy: 'workspace',
  tag: 'files',
  summary: 'Delete a file, or a folder with what is in it',
  params: fileParams,
  query: z.object({ root }),
  response: z.object({ status: z.literal('deleted'), path: z.string(), ...effect }),
  errors: [409, 410, 501, 503],
});

export const readSharedContext = defineRoute({
  name: 'readSharedContext',
  method: 'GET',
  path: '/workspaces/:id/shared-context',
  policy: 'context',
  tag: 'files',
  summary: 'The files that a workspace shares with its direct reports',
  params: idParams,
  response: z.array(z.object({ path: z.string(), content: z.string() })),
  errors: [410],
});

export const uploadedFile = z.object({
  /** `workspace:` and an absolute path; goes into messages as it stands. */
  uri: z.string(),
  name: z.string(),
  mimeType: z.string().optional(),
  size: z.number().int(),
});
export type UploadedFile = z.output<typeof uploadedFile>;

export const uploadFiles = defineRoute({
  name: 'uploadFiles',
  method: 'POST',
  path: '/workspaces/:id/chat/uploads',
  policy: 'workspace',
  tag: 'files',
  summary: 'Attach files to a chat: multipart/form-data with parts named "files"',
  params: idParams,
  // Its own reader refuses what is beyond LIMITS.uploadRequestBytes, with the text that clients know.
  bodyLimit: 2 * LIMITS.uploadRequestBytes,
  response: z.object({ files: z.array(uploadedFile) }),
  errors: [410, 413, 501, 503],
});

export const downloadFile = defineRoute({
  name: 'downloadFile',
  method: 'GET',
  path: '/workspaces/:id/chat/download',
  policy: 'workspace',
  tag: 'files',
  summary: 'The bytes of a file of a workspace, by absolute path',
  params: idParams,
  query: z.object({ path: z.string().optional() }),
  response: z.string(),
  contentType: 'application/octet-stream',
  errors: [410, 501, 503],
});
