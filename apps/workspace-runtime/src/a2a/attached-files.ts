// Attached files: tells an engine in words which files came with a message, and where it finds them.
//
//   F1. Only a file that stands in the workspace's own folder is named, after links are followed; any other is skipped.
//   F2. A line tells one file: names and types are cut, and nothing in them can begin a line of its own.

import { realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Message } from '@a2a-js/sdk';
import { LIMITS } from '@molecule/domain';

type Parts = Message['parts'];
const NAME_CHARS = 100;
const WIRE_FOLDER = '/workspace/';

/** The words of a message followed by its files, if any is there. `workspaceDir` is what the wire calls `/workspace`. */
export async function withAttachedFiles(text: string, parts: Parts, workspaceDir: string): Promise<string> {
  const given = parts.filter((part) => part.content?.$case === 'url').slice(0, LIMITS.uploadFiles);
  const lines = await Promise.all(given.map((part) => lineOf(part, workspaceDir)));
  const there = lines.filter((line) => line !== null);
  if (there.length === 0) return text;
  return [text, ['Attached files:', ...there].join('\n')].filter((piece) => piece !== '').join('\n\n');
}

async function lineOf(part: Parts[number], workspaceDir: string): Promise<string | null> {
  const inside = part.content?.$case === 'url' ? pathInside(part.content.value) : null;
  if (inside === null) return null;
  const path = await existingFile(workspaceDir, inside);
  if (path === null) return null;
  const type = oneLine(part.mediaType);
  return `- ${oneLine(part.filename) || 'file'}${type === '' ? '' : ` (${type})`}: ${path}`;
}

/** The path below `/workspace` of an address on the wire; null for every other address. */
function pathInside(uri: string): string | null {
  const path = pathOf(uri);
  return path?.startsWith(WIRE_FOLDER) && !path.includes('\0') ? path.slice(WIRE_FOLDER.length) : null;
}

function pathOf(uri: string): string | null {
  if (uri.startsWith('workspace:/')) return uri.slice('workspace:'.length);
  if (!uri.startsWith('file:///')) return uri.startsWith('/') ? uri : null;
  try {
    return fileURLToPath(uri);
  } catch {
    // An address that no file can have, such as one with an encoded slash.
    return null;
  }
}

/** F1. */
async function existingFile(workspaceDir: string, inside: string): Promise<string | null> {
  try {
    const root = await realpath(workspaceDir);
    const path = await realpath(join(root, inside));
    return path.startsWith(root + sep) && (await stat(path)).isFile() && oneLine(path, path.length) === path
      ? path
      : null;
  } catch {
    // Not there, or not ours to look at: to the engine it is the same.
    return null;
  }
}

/** F2. */
function oneLine(text: string, chars = NAME_CHARS): string {
  return text
    .replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '')
    .trim()
    .slice(0, chars);
}
