// Agent processes: what the fake control plane calls instances: a child process each, on a loopback address of its own, with
// the configuration, the token and the environment that its request carried, and folders that outlive it like a volume.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { platform } from '@molecule/contracts';

const TERM_GRACE_MS = 2_000;
const AGENT_PORT = 8000;
/** When saved sessions are to be dropped, in the words of the cloud backend. */
const SESSION_RESET = 'MOLECULE_SESSION_RESET_AT';

interface Folders {
  configs: string;
  workspace: string;
  sessions: string;
}

export class AgentProcesses {
  readonly #program: readonly string[];
  readonly #onEnd: (instanceId: string) => void;
  readonly #children = new Map<string, ChildProcess>();
  #root: Promise<string> | null = null;

  /** `onEnd` is called when a process ended, however it came to that. */
  constructor(program: readonly string[], onEnd: (instanceId: string) => void) {
    this.#program = program;
    this.#onEnd = onEnd;
  }

  /** Its address. Everything is written before the first instruction of the agent. */
  async start(instanceId: string, serial: number, body: platform.ProvisionBody): Promise<string> {
    const folders = await this.#prepare(body);
    const address = addressOf(serial);
    const [file = '', ...args] = this.#program;
    const child = spawn(file, args, {
      cwd: folders.workspace,
      env: {
        PATH: process.env.PATH ?? '',
        LANG: 'C.UTF-8',
        ...body.env,
        HOME: folders.workspace,
        WORKSPACE_DIR: folders.workspace,
        WORKSPACE_CONFIG_PATH: folders.configs,
        CONFIGS_DIR: folders.configs,
        PLUGINS_DIR: join(folders.configs, 'plugins'),
        SESSIONS_DIR: folders.sessions,
        HOST: address,
        PORT: String(AGENT_PORT),
      },
      stdio: 'ignore',
    });
    this.#children.set(instanceId, child);
    child.once('exit', () => {
      this.#children.delete(instanceId);
      this.#onEnd(instanceId);
    });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', reject);
    });
    return address;
  }

  /** Comes back when the process has ended. */
  async end(instanceId: string): Promise<void> {
    const child = this.#children.get(instanceId);
    if (!child) return;
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.kill('SIGTERM');
    const late = setTimeout(() => child.kill('SIGKILL'), TERM_GRACE_MS);
    await ended;
    clearTimeout(late);
  }

  /** As a machine that fails. */
  kill(instanceId: string): void {
    this.#children.get(instanceId)?.kill('SIGKILL');
  }

  /** As a machine that hangs. */
  freeze(instanceId: string): void {
    this.#children.get(instanceId)?.kill('SIGSTOP');
  }

  isAlive(instanceId: string): boolean {
    return this.#children.has(instanceId);
  }

  /** The volume of a workspace. */
  async erase(workspaceId: string): Promise<void> {
    await rm(await this.#folderOf(workspaceId), { recursive: true, force: true });
  }

  async close(): Promise<void> {
    await Promise.all([...this.#children.keys()].map((instanceId) => this.end(instanceId)));
    if (this.#root) await rm(await this.#root, { recursive: true, force: true, maxRetries: 5 });
  }

  async #prepare(body: platform.ProvisionBody): Promise<Folders> {
    const folder = await this.#folderOf(body.workspace_id);
    const folders = {
      configs: join(folder, 'configs'),
      workspace: join(folder, 'workspace'),
      sessions: join(folder, 'sessions'),
    };
    for (const each of Object.values(folders)) await mkdir(each, { recursive: true, mode: 0o700 });
    const resetAt = Number(body.env[SESSION_RESET] ?? 0);
    if (resetAt > (await lastReset(folders.sessions))) {
      for (const name of await readdir(folders.sessions))
        await rm(join(folders.sessions, name), { recursive: true, force: true });
      await writeFile(join(folders.sessions, '.reset'), String(resetAt));
    }
    for (const [path, text] of Object.entries({ ...body.config_files, ...body.template_assets })) {
      const file = join(folders.configs, path);
      await mkdir(dirname(file), { recursive: true });
      await rm(file, { force: true });
      await writeFile(file, Buffer.from(text, 'base64'), { mode: path === '.auth_token' ? 0o600 : 0o644 });
    }
    return folders;
  }

  async #folderOf(workspaceId: string): Promise<string> {
    this.#root ??= mkdtemp(join(tmpdir(), 'molecule-instances-'));
    return join(await this.#root, workspaceId);
  }
}

async function lastReset(sessions: string): Promise<number> {
  const text = await readFile(join(sessions, '.reset'), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '0';
    throw error;
  });
  return Number(text) || 0;
}

/** Every address of 127/8 is this machine's own. Test processes at once have addresses of their own. */
function addressOf(serial: number): string {
  const block = 1 + (process.pid % 200);
  return `127.${block}.${1 + ((process.pid >> 8) % 200)}.${1 + (serial % 250)}`;
}
