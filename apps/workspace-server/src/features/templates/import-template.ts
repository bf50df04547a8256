// Import template: files that somebody brings become a workspace template under a name made from theirs.

import { faults, LIMITS } from '@molecule/domain';
import { generateConfig } from './generate-config.ts';
import type { WorkspaceTemplates } from './workspace-templates.ts';

export interface ImportTemplateDeps {
  templates: WorkspaceTemplates;
}

export async function importTemplate(
  { templates }: ImportTemplateDeps,
  input: { name: string; files: Record<string, string> },
): Promise<{ id: string; name: string }> {
  const paths = Object.keys(input.files);
  if (paths.length > LIMITS.filesPerReplace) {
    throw faults.invalidRequest(`too many files (${paths.length}), max ${LIMITS.filesPerReplace}`);
  }
  for (const path of paths) if (!isPlainPath(path)) throw faults.invalidRequest('invalid request body');
  const id = templateIdOf(input.name);
  const files = { ...input.files };
  files['config.yaml'] ??= generateConfig(input.name, files);
  await templates.keep(id, files);
  return { id, name: input.name };
}

/** Letters lower-cased; space and `-` become `-`; digits and `_` stay; whatever is left is dropped. */
export function templateIdOf(name: string): string {
  const id = name
    .toLowerCase()
    .replaceAll(' ', '-')
    .replace(/[^a-z0-9_-]/g, '')
    .slice(0, LIMITS.nameChars);
  return id === '' ? 'unnamed' : id;
}

/** The relative-path rule: not empty, not absolute, no `..` anywhere, and already in its clean form. */
export function isPlainPath(path: string): boolean {
  if (path === '' || path.includes('..') || path.includes('\0') || path.includes('\\')) return false;
  if (Buffer.byteLength(path) > LIMITS.filePathBytes) return false;
  return path.split('/').every((part) => part !== '' && part !== '.');
}
