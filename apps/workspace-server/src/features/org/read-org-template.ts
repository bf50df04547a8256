// Read organisation template: `org.yaml` with its includes and files, from a folder inside the templates root.
// Paths enter through one check: relative, inside the root, symbolic links resolved.

import { randomUUID } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { isAbsolute, relative, resolve } from 'node:path';
import { faults, LIMITS } from '@molecule/domain';
import { parseDocument, type Tags } from 'yaml';
import { FolderTooLarge, insideRoot, readFolder } from '../templates/index.ts';
import { type OrgTemplate, orgTemplateSchema } from './org-template.ts';

/** Stands for an include until its content is there; random, so that no template can write one. */
const MARK = `include-${randomUUID()}:`;
const MAX_INCLUDE_DEPTH = 16;

export interface LoadedTemplate {
  template: OrgTemplate;
  root: string;
}

export async function readOrgTemplate(templatesRoot: string, dir: string): Promise<LoadedTemplate> {
  if (dir === '' || isAbsolute(dir) || dir.split(/[\\/]/).includes('..')) {
    throw faults.invalidRequest('invalid org directory');
  }
  const root = await insideRoot(templatesRoot, dir);
  if (!root) throw faults.notFound(`org template not found: ${dir}`);
  const file = (await insideRoot(root, 'org.yaml')) ?? (await insideRoot(root, 'org.yml'));
  if (!file) throw faults.notFound(`org template not found: ${dir}`);
  const raw = await expandYaml(root, file, []);
  return { template: parseTemplate(raw, 'org template expansion failed'), root };
}

export function parseTemplate(raw: unknown, message = 'invalid org template'): OrgTemplate {
  const parsed = orgTemplateSchema.safeParse(raw);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw faults.invalidRequest(message, {
      details: `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`,
    });
  }
  return parsed.data;
}

export async function listOrgTemplateDirs(templatesRoot: string): Promise<string[]> {
  try {
    const entries = await readdir(templatesRoot, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name)
      .sort();
  } catch {
    return [];
  }
}

/** Parses one file and replaces each `!include` scalar by the parsed content of its target. */
async function expandYaml(root: string, file: string, chain: string[]): Promise<unknown> {
  const fail = (details: string) => faults.invalidRequest('org template expansion failed', { details });
  if (chain.includes(file)) throw fail(`include cycle at ${relative(root, file)}`);
  if (chain.length >= MAX_INCLUDE_DEPTH) throw fail('includes are nested too deeply');
  const includes: string[] = [];
  const marker = (index: number) => `${MARK}${index}`;
  const tags: Tags = [{ tag: '!include', resolve: (text: string) => marker(includes.push(text) - 1) }];
  const text = await readBoundedText(file);
  const document = parseDocument(text, { customTags: tags });
  const [error] = document.errors;
  if (error) throw fail(`${relative(root, file)}: ${error.message}`);
  const resolved: unknown[] = [];
  for (const path of includes) {
    const target = await insideRoot(root, relative(root, resolve(file, '..', path)));
    if (!target)
      throw fail(`include "${path}" in ${relative(root, file)} is missing or outside the template`);
    resolved.push(await expandYaml(root, target, [...chain, file]));
  }
  return substitute(document.toJS({ maxAliasCount: 100 }), (value) => {
    if (typeof value !== 'string' || !value.startsWith(MARK)) return null;
    return { replaced: resolved[Number(value.slice(MARK.length))] };
  });
}

function substitute(value: unknown, find: (value: unknown) => { replaced: unknown } | null): unknown {
  const found = find(value);
  if (found) return found.replaced;
  if (Array.isArray(value)) return value.map((item) => substitute(item, find));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, substitute(item, find)]));
}

async function readBoundedText(file: string): Promise<string> {
  const { size } = await stat(file);
  if (size > LIMITS.orgTemplateBytes) {
    throw faults.invalidRequest('org template expansion failed', { details: 'a template file is too large' });
  }
  return readFile(file, 'utf8');
}

/** All text files of a folder inside the template, by relative path; `.env` files are left out. */
export async function readTemplateFolder(root: string, dir: string): Promise<Record<string, string>> {
  const fail = (details: string) => faults.invalidRequest('org template expansion failed', { details });
  const folder = await insideRoot(root, dir);
  if (!folder) throw fail(`folder "${dir}" is missing`);
  try {
    return await readFolder(folder);
  } catch (error) {
    if (error instanceof FolderTooLarge) throw fail(`folder "${dir}" is too large`);
    throw error;
  }
}
