// Requirement documents: what docs/requirements promises, read from its tables, and what the scenarios say they prove.

import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

export const REQUIREMENTS_FOLDER = 'docs/requirements';
export const UNVERIFIED = `${REQUIREMENTS_FOLDER}/unverified.md`;
/** Rows about routes that no contract has yet. */
export const LATER = `${REQUIREMENTS_FOLDER}/later.md`;

export interface RequirementRow {
  id: string;
  /** What is required; in the list of unverified ones, why it is not proven. */
  text: string;
  path: string;
  line: number;
}

export interface Citation {
  id: string;
  path: string;
  line: number;
}

const ROW = /^\|([^|]+)\|(.+)\|\s*$/;
const SECTION_FILE = /^([a-z-]+)-(\d+)-[a-z-]+\.md$/;
const TITLE_CITATION = /['"`]\[([a-z]+\.\d[a-z0-9.-]*(?: [a-z]+\.\d[a-z0-9.-]*)*)\] /g;
const CITATION = /verifies\(\s*(\[[^\]]*\]|'[^']*')/g;

/** `tenant-core-04-registry.md` holds ids that begin `core.4`; null for a file without rows. */
export function idStartOf(path: string): string | null {
  const [, noun, section] = SECTION_FILE.exec(basename(path)) ?? [];
  return noun && section ? `${noun.split('-').at(-1)}.${Number(section)}` : null;
}

/** Rows of every table with two columns, without its head and its rule. */
export function readRows(path: string, text: string): RequirementRow[] {
  return text.split('\n').flatMap((lineText, index) => {
    const [, id = '', rest = ''] = ROW.exec(lineText) ?? [];
    const name = id.trim();
    const isRow = name !== '' && name !== 'id' && !/^:?-+:?$/.test(name);
    return isRow ? [{ id: name, text: rest.trim(), path, line: index + 1 }] : [];
  });
}

export function readCitations(path: string, text: string): Citation[] {
  return [...text.matchAll(CITATION)].flatMap((match) => {
    const line = text.slice(0, match.index).split('\n').length;
    return [...(match[1] ?? '').matchAll(/'([^']+)'/g)].map(([, id = '']) => ({ id, path, line }));
  });
}

/** Beside its code, a test says what it proves at the beginning of its title: `it('[core.4.3-lease] …')`. */
export function readTitleCitations(path: string, text: string): Citation[] {
  return [...text.matchAll(TITLE_CITATION)].flatMap((match) => {
    const line = text.slice(0, match.index).split('\n').length;
    return (match[1] ?? '').split(' ').map((id) => ({ id, path, line }));
  });
}

/** Every id that a section's table holds. */
export function readRequirementIds(root: string): ReadonlySet<string> {
  const folder = join(root, REQUIREMENTS_FOLDER);
  const files = readdirSync(folder).filter((name) => idStartOf(name) !== null);
  return new Set(
    files.flatMap((name) => readRows(name, readFileSync(join(folder, name), 'utf8')).map(({ id }) => id)),
  );
}
