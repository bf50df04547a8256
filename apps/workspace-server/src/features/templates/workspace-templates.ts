// Workspace templates: folders with a config.yaml that a workspace can be made from. Those that ship with the product are
// read only; imported ones are kept beside the tenant's data and win where both have a name.

import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { templates } from '@molecule/contracts';
import { faults, LIMITS } from '@molecule/domain';
import { parse } from 'yaml';
import { describeTemplate } from './describe-template.ts';
import { FolderTooLarge, insideRoot, readFolder } from './read-folder.ts';

export class WorkspaceTemplates {
  /** The first wins. */
  readonly #roots: readonly string[];
  readonly #importRoot: string;

  constructor(options: { importRoot: string; shippedRoot: string }) {
    this.#roots = [options.importRoot, options.shippedRoot];
    this.#importRoot = options.importRoot;
  }

  /** Every folder with a config.yaml that can be read, by id. */
  async list(): Promise<templates.WorkspaceTemplate[]> {
    const found = new Map<string, templates.WorkspaceTemplate>();
    for (const root of this.#roots) {
      for (const id of await foldersOf(root)) {
        const config = found.has(id) ? null : await readConfig(join(root, id));
        if (config) found.set(id, await describeTemplate(id, join(root, id), config));
      }
    }
    return [...found.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** The files of a template by its folder; null: there is none. Refuses a name that leaves the templates. */
  async read(id: string): Promise<Record<string, string> | null> {
    checkTemplateName(id);
    for (const root of this.#roots) {
      const folder = await insideRoot(root, id);
      if (folder && (await stat(folder)).isDirectory()) return readBounded(folder);
    }
    return null;
  }

  /** The template whose folder is the workspace's name, else the first whose config has that name. */
  async findByWorkspaceName(name: string): Promise<string | null> {
    const wanted = name.toLowerCase();
    const known = await this.list();
    const byFolder = known.find(({ id }) => id === wanted.replaceAll(' ', '-'));
    const byConfig = known.find((each) => !each.id.startsWith('ws-') && each.name.toLowerCase() === wanted);
    return (byFolder ?? byConfig)?.id ?? null;
  }

  /** Keeps new files as a template, whole or not at all. */
  async keep(id: string, files: Readonly<Record<string, string>>): Promise<void> {
    if ((await this.read(id)) !== null) throw faults.conflict('template already exists', { id });
    const half = join(this.#importRoot, `.new-${randomUUID()}`);
    try {
      for (const [path, content] of Object.entries(files)) {
        const target = join(half, path);
        await mkdir(dirname(target), { recursive: true, mode: 0o700 });
        await writeFile(target, content, { mode: 0o600, flag: 'wx' });
      }
      await rename(half, join(this.#importRoot, id));
    } catch (error) {
      await rm(half, { recursive: true, force: true });
      if (['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) {
        throw faults.conflict('template already exists', { id });
      }
      throw error;
    }
  }
}

/** Not relative, or a way out: 400 `invalid template`. */
export function checkTemplateName(id: string): void {
  const parts = id.split('/');
  const isBad = parts.some((part) => part === '' || part === '.' || part === '..' || part.includes('\0'));
  if (isBad || id.length > LIMITS.nameChars || id.includes('\\'))
    throw faults.invalidRequest('invalid template');
}

async function readBounded(folder: string): Promise<Record<string, string>> {
  try {
    return await readFolder(folder);
  } catch (error) {
    if (error instanceof FolderTooLarge)
      throw faults.invalidRequest('invalid template', { details: error.message });
    throw error;
  }
}

async function foldersOf(root: string): Promise<string[]> {
  try {
    const entries = await readdir(root, { withFileTypes: true });
    return entries.filter((each) => each.isDirectory() && !each.name.startsWith('.')).map(({ name }) => name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** Null where there is no config.yaml, or none that can be parsed: such a folder is no template. */
async function readConfig(folder: string): Promise<Record<string, unknown> | null> {
  const path = await insideRoot(folder, 'config.yaml');
  if (!path || (await stat(path)).size > LIMITS.orgTemplateBytes) return null;
  return parseConfig(await readFile(path, 'utf8'));
}

/** The mapping that a config.yaml holds; null when it holds none. */
export function parseConfig(text: string): Record<string, unknown> | null {
  try {
    const config: unknown = parse(text, { maxAliasCount: 100 });
    return typeof config === 'object' && config !== null && !Array.isArray(config)
      ? (config as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}
