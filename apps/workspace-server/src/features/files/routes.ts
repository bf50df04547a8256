// File routes: the files API, shared context, and chat attachments.

import multipart from '@fastify/multipart';
import { files as contract } from '@molecule/contracts';
import { faults, LIMITS, type WorkspaceState } from '@molecule/domain';
import { type Binder, describeCaller } from '@molecule/http';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { requireWorkspace } from '../workspaces/index.ts';
import { type ChangeFilesDeps, deleteFile, replaceFiles, writeTextFile } from './change-files.ts';
import { type FilePlace, parseAbsolutePath, parseFilePlace, parseFolderPlace } from './file-place.ts';
import { mimeTypeOf } from './mime-types.ts';
import { listFiles, openPlace, readTextFile } from './read-files.ts';
import { readUploads } from './read-multipart.ts';
import { readSharedContext } from './share-context.ts';
import { notRunning, UPLOAD_FOLDER, type UploadDeps, uploadFiles } from './upload-files.ts';

export type FileRouteDeps = ChangeFilesDeps & UploadDeps;

export async function bindFileRoutes(
  app: FastifyInstance,
  binder: Binder,
  deps: FileRouteDeps,
): Promise<void> {
  const workspaceOf = (id: string) => requireWorkspace(deps.directory, id);
  /** A workspace whose files are here. */
  const hosted = (id: string): WorkspaceState => {
    const workspace = workspaceOf(id);
    if (workspace.backend === 'external') {
      throw faults.unsupportedOnBackend(
        'files',
        'external',
        'the agent runs elsewhere; its files stay there',
      );
    }
    return workspace;
  };

  binder.bind(app, contract.listFiles, async ({ params, query }) => {
    const place = parseFolderPlace(query.root, query.path);
    return listFiles(deps, hosted(params.id), place, parseDepth(query.depth));
  });

  binder.bind(app, contract.readFile, async ({ params, query }) => {
    const place = parseFilePlace(query.root, params['*']);
    return { path: params['*'], ...(await readTextFile(deps, hosted(params.id), place)) };
  });

  binder.bind(app, contract.writeFile, async ({ caller, params, query, body }) => {
    const place = parseFilePlace(query.root, params['*']);
    const workspace = hosted(params.id);
    const effect = await writeTextFile(deps, describeCaller(caller), workspace, place, body.content);
    return { status: 'saved' as const, path: params['*'], ...effect };
  });

  binder.bind(app, contract.replaceFiles, async ({ caller, params, query, body }) => {
    const entries = Object.entries(body.files);
    if (entries.length > LIMITS.filesPerReplace) {
      throw faults.invalidRequest(`too many files (${entries.length}), max ${LIMITS.filesPerReplace}`);
    }
    const places = entries.map(([path, content]) => ({ place: placeInBody(query.root, path), content }));
    const workspace = hosted(params.id);
    const effect = await replaceFiles(deps, describeCaller(caller), workspace, places);
    return { status: 'replaced' as const, workspace: workspace.id, files: places.length, ...effect };
  });

  binder.bind(app, contract.deleteFile, async ({ caller, params, query }) => {
    if (params['*'].startsWith('/')) throw faults.invalidRequest('absolute paths not permitted');
    const place = parseFilePlace(query.root, params['*']);
    const effect = await deleteFile(deps, describeCaller(caller), hosted(params.id), place);
    return { status: 'deleted' as const, path: params['*'], ...effect };
  });

  binder.bind(app, contract.readSharedContext, async ({ params }) =>
    readSharedContext(deps.readConfigTree, workspaceOf(params.id)),
  );

  binder.bind(app, contract.downloadFile, async ({ params, query, reply }) =>
    download(deps, workspaceOf(params.id), parseAbsolutePath(query.path), reply),
  );

  // Forms are read in a scope of their own: everywhere else a body is JSON.
  await app.register(async (scope) => {
    await scope.register(multipart);
    binder.bind(scope, contract.uploadFiles, async ({ params, request }) => {
      const workspace = workspaceOf(params.id);
      return { files: await uploadFiles(deps, workspace, await readUploads(request)) };
    });
  });
}

/** Whatever a file says, a browser that opens it runs nothing in the name of this server. */
const FILE_POLICY = "default-src 'none'; sandbox";

async function download(
  deps: FileRouteDeps,
  workspace: WorkspaceState,
  place: FilePlace,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const name = place.path.split('/').at(-1) ?? 'file';
  const file = await openForDownload(deps, workspace, place);
  const isWhole = file instanceof Uint8Array;
  reply.header('content-type', mimeTypeOf(name));
  reply.header('content-security-policy', FILE_POLICY);
  reply.header('content-length', isWhole ? file.byteLength : file.sizeBytes);
  reply.header('content-disposition', dispositionOf(name));
  return reply.send(isWhole ? file : file.content);
}

async function openForDownload(deps: FileRouteDeps, workspace: WorkspaceState, place: FilePlace) {
  if (workspace.backend !== 'external') {
    if (place.kind === 'live' && !(await deps.live.isRunning(workspace))) throw notRunning();
    return openPlace(deps, workspace, place);
  }
  const isUpload = place.kind === 'live' && place.path.startsWith(`${UPLOAD_FOLDER}/`);
  const kept = isUpload
    ? await deps.kept.open(workspace.id, place.path.slice(UPLOAD_FOLDER.length + 1))
    : null;
  if (!kept) throw faults.notFound('file not found');
  return kept;
}

/** RFC 6266: a plain name for old clients, and the whole one. */
function dispositionOf(name: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these must not reach a header
  const clean = name.replace(/[\u0000-\u001f\u007f]/g, '');
  const plain = clean.replace(/[^\u0020-\u007e]/g, '_').replace(/["\\]/g, '\\$&');
  const whole = encodeURIComponent(clean).replace(/['()*]/g, (char) => `%${char.charCodeAt(0).toString(16)}`);
  return `attachment; filename="${plain}"; filename*=UTF-8''${whole}`;
}

/** A bad path in a body is a bad body. */
function placeInBody(root: string | undefined, path: string): FilePlace {
  const place = parseFolderPlace(root, undefined);
  try {
    return parseFilePlace(root, path);
  } catch (error) {
    throw faults.invalidRequest('invalid request body', {
      details: `${JSON.stringify(path)} is no relative path in ${place.kind === 'kept' ? '/configs' : 'the root'}`,
      cause: error instanceof Error ? error.message : '',
    });
  }
}

function parseDepth(text: string | undefined): number {
  if (text === undefined) return 1;
  if (!/^[1-5]$/.test(text)) throw faults.invalidRequest('depth must be 1-5');
  return Number(text);
}
