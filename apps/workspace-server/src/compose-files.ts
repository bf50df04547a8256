// Compose files: the stores of config trees, templates and attachments, and what the files feature is given.

import { join } from 'node:path';
import type { Dispatcher } from '@molecule/backends';
import type { Log } from '@molecule/kit';
import type { Db } from '@molecule/postgres';
import { type FileRouteDeps, KeptUploads } from './features/files/index.ts';
import { WorkspaceTemplates } from './features/templates/index.ts';
import { type EditDeps, readConfigTree } from './features/workspaces/index.ts';
import { PgWorkspaceFiles } from './features/workspaces/workspace-files.pg.ts';
import { toLiveFolders } from './live-folders-from-dispatcher.ts';

export interface FileStores {
  files: PgWorkspaceFiles;
  templates: WorkspaceTemplates;
  readTemplate(name: string): Promise<Record<string, string> | null>;
  kept: KeptUploads;
}

export function composeFileStores(db: Db, dataDir: string, templatesDir: string): FileStores {
  const templates = new WorkspaceTemplates({
    importRoot: join(dataDir, 'templates', 'workspaces'),
    shippedRoot: join(templatesDir, 'workspaces'),
  });
  return {
    files: new PgWorkspaceFiles(db),
    templates,
    readTemplate: (name) => templates.read(name),
    kept: new KeptUploads(join(dataDir, 'uploads')),
  };
}

export function composeFiles(
  stores: FileStores,
  edit: EditDeps,
  dispatcher: Dispatcher,
  log: Log,
  recordConfig: FileRouteDeps['recordConfig'],
): FileRouteDeps {
  return {
    ...edit,
    files: stores.files,
    kept: stores.kept,
    live: toLiveFolders(dispatcher),
    readConfigTree: (workspace) => readConfigTree(stores, workspace),
    recordConfig,
    log,
  };
}
