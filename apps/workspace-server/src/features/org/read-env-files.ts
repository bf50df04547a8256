// Read env files: the `.env` files of an organisation template, whose values become secrets of the workspaces.

import { readFile, stat } from 'node:fs/promises';
import { LIMITS } from '@molecule/domain';
import { insideRoot } from '../templates/index.ts';
import type { OrgNode } from './org-template.ts';

type Values = Record<string, string>;

/** `KEY=VALUE` lines; comments, blank lines and empty values are skipped, and one pair of quotes around a value goes. */
export function parseEnvFile(text: string): Values {
  const values: Values = {};
  for (const line of text.split(/\r?\n/)) {
    const match = /^\s*(?:export\s+)?([^#=\s][^=]*?)\s*=\s*(.*?)\s*$/.exec(line);
    const [, name, raw = ''] = match ?? [];
    const value = /^(["'])(.*)\1$/.exec(raw)?.[2] ?? raw;
    if (name && value !== '') values[name] = value;
  }
  return values;
}

/** The template's own, then those of the workspace's folder, then what its node says; later wins. */
export async function readSecretsOf(root: string | null, node: OrgNode): Promise<Values> {
  const values: Values = root === null ? {} : await readEnvFile(root, '.env');
  if (root !== null && node.files_dir)
    Object.assign(values, await readEnvFile(root, `${node.files_dir}/.env`));
  return Object.assign(values, node.secrets ?? {});
}

/** The names that the template brings by itself. */
export async function readSecretNames(root: string | null, nodes: readonly OrgNode[]): Promise<Set<string>> {
  const names = new Set<string>();
  for (const node of nodes) {
    for (const name of Object.keys(await readSecretsOf(root, node))) names.add(name);
    for (const name of await readSecretNames(root, node.children ?? [])) names.add(name);
  }
  return names;
}

async function readEnvFile(root: string, path: string): Promise<Values> {
  const file = await insideRoot(root, path);
  if (!file || (await stat(file)).size > LIMITS.orgTemplateBytes) return {};
  return parseEnvFile(await readFile(file, 'utf8'));
}
