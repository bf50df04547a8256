// Files: the folders of a role as lines of a tree, and what can be said of a file by its name. Pure.

import type { files } from '@molecule/contracts';
import { say } from '../../languages/say.ts';
import { numberWords } from '../../languages/value-words.ts';

export interface Folder {
  entries: readonly Entry[];
  error: unknown;
  isPending: boolean;
}

export type Entry = ReturnType<typeof files.fileEntry.parse>;

export interface FileLine {
  /** From the root, without a leading slash. */
  path: string;
  name: string;
  depth: number;
  isFolder: boolean;
  isExpanded: boolean;
  sizeBytes: number;
}

export type Folders = ReadonlyMap<string, Folder>;

/** Folders first, then files, each by name; what is in a folder stands below it while it is open. */
export function linesOf(folders: Folders, expanded: ReadonlySet<string>): FileLine[] {
  const lines: FileLine[] = [];
  const walk = (folder: string, depth: number) => {
    const entries = [...(folders.get(folder)?.entries ?? [])].sort(byKindAndName);
    for (const entry of entries) {
      const path = joinPath(folder, entry.path);
      const isExpanded = entry.dir && expanded.has(path);
      lines.push({ path, name: entry.path, depth, isFolder: entry.dir, isExpanded, sizeBytes: entry.size });
      if (isExpanded) walk(path, depth + 1);
    }
  };
  walk('', 0);
  return lines;
}

function byKindAndName(a: Entry, b: Entry): number {
  return Number(b.dir) - Number(a.dir) || a.path.localeCompare(b.path);
}

export function joinPath(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`;
}

export function folderOf(path: string): string {
  return path.split('/').slice(0, -1).join('/');
}

export function baseName(path: string): string {
  return path.split('/').at(-1) ?? path;
}

/** Every folder above a path, nearest last. */
export function foldersAbove(path: string): string[] {
  const parts = path.split('/').slice(0, -1);
  return parts.map((_, i) => parts.slice(0, i + 1).join('/'));
}

/** What is wrong with the name of a new file, in a sentence; null when nothing is. */
export function troubleWithName(name: string): string | null {
  if (name === '') return say('files.aFileNeedsA');
  if (name.startsWith('/')) return say('files.theNameStartsAt');
  if (name.includes('..')) return say('files.theNameMustNot');
  if (name.endsWith('/')) return say('files.nameAFileIts');
  return null;
}

export function sizeWords(bytes: number): string {
  if (bytes < 1024) return say('files.bytes', { size: numberWords(bytes) });
  const kib = bytes / 1024;
  if (kib < 1024) return say('files.kib', { size: numberWords(kib, kib < 10 ? 1 : 0) });
  return say('files.mib', { size: numberWords(kib / 1024, 1) });
}

/** The text of these bytes, or null when they are none. */
export function textOf(bytes: ArrayBuffer): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

export function draftKey(roleId: string, root: string, path: string): string {
  return `${roleId}:${root}/${path}`;
}
