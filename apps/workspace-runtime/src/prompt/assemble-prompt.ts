// Assemble prompt: the system prompt of one turn, from the workspace's own files and from who is around it.

import { readFile, realpath } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';
import { registry } from '@molecule/contracts';
import type { Log } from '@molecule/kit';
import type { Platform } from '../connect/platform.ts';
import type { ConfigFile } from '../load-config-file.ts';
import { coordinatorText, DELEGATION_FAILURES, identityText, peersText } from './prompt-texts.ts';

export const PEERS_TIMEOUT_MS = 3_000;
export const PROMPT_FILE_CHARS = 256 * 1024;
const MEMORY_FILES = ['MEMORY.md', 'USER.md'];

export interface PromptDeps {
  configDir: string;
  file: ConfigFile;
  platform: Platform;
  log: Log;
}

/** Everything but the workspace's own files may be missing: an agent that can't see its peers still answers. */
export async function assemblePrompt(deps: PromptDeps): Promise<string> {
  const { file, platform } = deps;
  const peers = await readPeers(deps);
  const children = peers.filter((peer) => peer.parent_id === platform.workspaceId);
  const blocks = [
    ...(await readPromptFiles(deps)),
    identityText(file, platform.workspaceId),
    children.length > 0 ? coordinatorText(children) : '',
    peers.length > 0 ? peersText(peers, platform.workspaceId) : '',
    DELEGATION_FAILURES,
  ];
  return blocks.filter((block) => block !== '').join('\n\n');
}

async function readPromptFiles({ configDir, file, log }: PromptDeps): Promise<string[]> {
  const listed = file.prompt_files.length > 0 ? file.prompt_files : ['system-prompt.md'];
  const optional = MEMORY_FILES.filter((name) => !listed.includes(name));
  const texts: string[] = [];
  for (const name of [...listed, ...optional]) {
    const text = await readInside(configDir, name);
    if (text !== null) texts.push(text.slice(0, PROMPT_FILE_CHARS).trim());
    else if (listed.includes(name)) log.warn({ name }, 'a prompt file is missing');
  }
  return texts;
}

/** Null when the file is absent or lies outside of the folder, also through a link. */
async function readInside(folder: string, name: string): Promise<string | null> {
  try {
    const root = await realpath(folder);
    const path = await realpath(resolve(join(root, name)));
    if (!path.startsWith(root + sep)) return null;
    return await readFile(path, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR') return null;
    throw error;
  }
}

async function readPeers({ platform, log }: PromptDeps): Promise<registry.PeerView[]> {
  try {
    return await platform.call(registry.listPeers, {
      params: { id: platform.workspaceId },
      signal: AbortSignal.timeout(PEERS_TIMEOUT_MS),
    });
  } catch (error) {
    log.warn(
      { reason: error instanceof Error ? error.message : String(error) },
      'the peers could not be read',
    );
    return [];
  }
}
