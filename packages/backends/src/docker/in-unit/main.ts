// Unit program: what the tenant asks of the folders of a container, from inside it, where its links and mounts mean what
// the agent means by them. Its first line of output is its answer, as JSON; the bytes of an opened file follow it.
//
// Arguments: list ROOT PATH DEPTH | open ROOT PATH | write ROOT PATH (content on standard input) | delete ROOT PATH |
//            hangup MARK (ends what carries MOLECULE_TERMINAL=MARK) |
//            tidy FILE (which holds {"forget": [paths below /configs], "owner": [uid, gid] or null,
//            "sessionResetAt": epoch milliseconds or null})

import { lchown, lstat, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout } from 'node:timers/promises';
import { faults, isFault, LIMITS } from '@molecule/domain';
import { dropSessionsBefore } from '../../drop-sessions.ts';
import { deleteLiveFile, listFolder, openFile, writeLiveFile } from '../../live-files.ts';

const CONFIGS = '/configs';
const HANGUP_GRACE_MS = 500;
const SESSIONS = '/sessions';
const OWNED = [CONFIGS, '/workspace', SESSIONS];

interface Task {
  forget: string[];
  owner: [number, number] | null;
  sessionResetAt: number | null;
}

async function main([verb, root = '', path = '', depth = '1']: string[]): Promise<void> {
  switch (verb) {
    case 'list':
      return answer(await listFolder(root, path, Number(depth)));
    case 'open': {
      const file = await openFile(root, path);
      answer(file && { sizeBytes: file.sizeBytes });
      if (file) await pipeline(file.content, process.stdout, { end: false });
      return;
    }
    case 'write':
      await writeLiveFile(root, path, await readInput());
      return answer(true);
    case 'delete':
      return answer(await deleteLiveFile(root, path));
    case 'tidy':
      await tidy(JSON.parse(await readFile(root, 'utf8')));
      return answer(true);
    case 'hangup':
      await hangUp(root);
      return answer(true);
    default:
      throw new Error(`no such verb: ${verb}`);
  }
}

function answer(value: unknown): void {
  process.stdout.write(`${JSON.stringify({ value })}\n`);
}

async function readInput(): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of process.stdin) {
    bytes += (chunk as Buffer).byteLength;
    if (bytes > LIMITS.fileWriteBytes + 1) throw faults.bodyTooLarge(LIMITS.fileWriteBytes);
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

async function tidy({ forget, owner, sessionResetAt }: Task): Promise<void> {
  if (sessionResetAt !== null) await dropSessionsBefore(SESSIONS, sessionResetAt);
  for (const path of forget) await deleteLiveFile(CONFIGS, path);
  if (owner) for (const folder of OWNED) await give(folder, owner);
}

/** No link is followed: its own owner changes. */
async function give(path: string, owner: [number, number]): Promise<void> {
  try {
    await lchown(path, ...owner);
    if (!(await lstat(path)).isDirectory()) return;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  for (const name of await readdir(path)) await give(join(path, name), owner);
}

async function hangUp(mark: string): Promise<void> {
  for (const signal of ['SIGHUP', 'SIGKILL'] as const) {
    for (const pid of await marked(`MOLECULE_TERMINAL=${mark}`)) endIfThere(pid, signal);
    if (signal === 'SIGHUP') await setTimeout(HANGUP_GRACE_MS);
  }
}

async function marked(variable: string): Promise<number[]> {
  const found: number[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const env = await readFile(`/proc/${name}/environ`, 'latin1');
      if (env.split('\0').includes(variable)) found.push(Number(name));
    } catch {
      // Ended meanwhile, or somebody else's.
    }
  }
  return found;
}

function endIfThere(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

main(process.argv.slice(2)).catch((error: unknown) => {
  const { code, message } = isFault(error)
    ? error
    : { code: 'INTERNAL', message: (error as NodeJS.ErrnoException).code ?? 'a bug' };
  process.stdout.write(`${JSON.stringify({ fault: { code, message } })}\n`);
  process.exitCode = 1;
});
