// Unit file: what the live folders of a unit hold, and the rules for naming a path in them. The same on every backend.

import type { Readable } from 'node:stream';
import { faults, LIMITS } from '@molecule/domain';

/** `configs` is what the tenant writes and the agent reads; the other two are the agent's own. */
export const UNIT_ROOTS = ['configs', 'workspace', 'home'] as const;
export type UnitRoot = (typeof UNIT_ROOTS)[number];

export interface FileEntry {
  /** Relative to the listed folder. */
  path: string;
  /** Bytes; 0 for a folder. */
  sizeBytes: number;
  isFolder: boolean;
}

export interface OpenFile {
  sizeBytes: number;
  /** To be read to its end or destroyed. */
  content: Readable;
}

export interface FilePlace {
  root: UnitRoot;
  /** Relative to the root; empty is the root itself, where a folder is meant. */
  path: string;
}

/** Noise that no list shows; their folders are shown and not entered. */
const HIDDEN = new Set(['.git', '__pycache__', '.DS_Store']);
const CLOSED = new Set(['node_modules']);

export function isHidden(name: string): boolean {
  return HIDDEN.has(name);
}

export function isEntered(name: string): boolean {
  return !CLOSED.has(name);
}

/** The parts of a relative path. Refuses whatever could name something outside the root. */
export function pathParts(path: string): string[] {
  const parts = path.split('/');
  const isBad = parts.some((part) => part === '' || part === '.' || part === '..' || part.includes('\0'));
  if (isBad || Buffer.byteLength(path) > LIMITS.filePathBytes) throw faults.invalidRequest('invalid path');
  return parts;
}

/** As {@link pathParts}, and the empty path is the root. */
export function folderParts(path: string): string[] {
  return path === '' ? [] : pathParts(path);
}
