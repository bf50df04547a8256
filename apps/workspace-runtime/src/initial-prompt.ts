// Initial prompt: the first message that a new workspace sends to itself, once in its life.
//
//   P1. The marker is written before the message is sent, so that a crash can't send it twice.
//   P2. It waits for nothing but a registered agent; a failed delivery is tried again, five times at most.

import { randomBytes } from 'node:crypto';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, Log } from '@molecule/kit';
import type { Platform } from './connect/platform.ts';
import type { ConfigFile } from './load-config-file.ts';
import { selfMessage } from './self-message.ts';

export const ATTEMPTS = 5;
export const FIRST_PAUSE_MS = 1_000;
export const TIMEOUT_MS = 600_000;

export interface InitialPromptDeps {
  configDir: string;
  tokenDir: string;
  file: ConfigFile;
  platform: Platform;
  clock: Clock;
  log: Log;
}

export async function sendInitialPrompt(deps: InitialPromptDeps, signal: AbortSignal): Promise<void> {
  const text = await readPrompt(deps);
  if (text === '' || !(await claimMarker(deps))) return;
  const messageId = `initial-${randomBytes(4).toString('hex')}`;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const problem = await trySend(deps, { text, messageId, signal });
    if (problem === null) return;
    deps.log.warn({ attempt, reason: problem }, 'the initial prompt was not delivered');
    await deps.clock.sleep(FIRST_PAUSE_MS * 2 ** attempt, signal);
  }
}

async function trySend(
  { platform }: InitialPromptDeps,
  message: { text: string; messageId: string; signal: AbortSignal },
): Promise<string | null> {
  try {
    const reply = await selfMessage(platform, { ...message, timeoutMs: TIMEOUT_MS });
    return reply.status < 300 ? null : `status ${reply.status}`;
  } catch (error) {
    message.signal.throwIfAborted();
    return error instanceof Error ? error.message : String(error);
  }
}

async function readPrompt({ configDir, file, log }: InitialPromptDeps): Promise<string> {
  if (file.initial_prompt !== '' || file.initial_prompt_file === '') return file.initial_prompt;
  try {
    return (await readFile(join(configDir, file.initial_prompt_file), 'utf8')).trim();
  } catch (error) {
    log.warn({ reason: String(error) }, 'the initial prompt file can not be read');
    return '';
  }
}

/** False when it was already attempted, or when no marker can be written anywhere. */
async function claimMarker({ configDir, tokenDir, log }: InitialPromptDeps): Promise<boolean> {
  const paths = [...new Set([configDir, tokenDir])].map((folder) => join(folder, '.initial_prompt_done'));
  for (const path of paths) if (await exists(path)) return false;
  for (const path of paths) {
    try {
      await writeFile(path, 'attempted', { flag: 'wx' });
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      log.debug({ path, reason: String(error) }, 'the marker can not be written here');
    }
  }
  log.warn('the initial prompt is not sent: its marker can not be written');
  return false;
}

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  );
}
