// Platform: `npm run platform` for scenarios, on a free port and in a folder of its own, and short ways to call it.

import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../bench/tenant-process.ts';
import { commandOf, processesOf } from './processes.ts';

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const START_LIMIT_MS = 90_000;
const STOP_LIMIT_MS = 90_000;
const COPY_MS = 20;

export interface PlatformAnswer {
  status: number;
  body: Record<string, unknown> & { error?: string; code?: string };
  text: string;
  headers: Record<string, string | string[] | undefined>;
}

export interface PlatformCall {
  method?: string;
  /** The name to ask for; the platform's own when absent. */
  host?: string;
  headers?: Record<string, string>;
  /** Sent as JSON; a string is sent as it stands. */
  body?: unknown;
}

export interface ScenarioPlatform {
  url: string;
  port: number;
  dataDir: string;
  adminToken: string;
  output(): string;
  call(path: string, options?: PlatformCall): Promise<PlatformAnswer>;
  /** As an operator. */
  asOperator(path: string, options?: PlatformCall): Promise<PlatformAnswer>;
  /** An account with accepted terms; answers its session cookie. */
  signUp(email: string): Promise<string>;
  /** The pid of `control-plane` or `edge`, as it runs now; null between two runs. */
  pidOf(part: 'control-plane' | 'edge'): number | null;
  /** As Ctrl-C. */
  stop(options?: { keepData?: boolean }): Promise<void>;
}

export async function startPlatform(
  env: Record<string, string> = {},
  options: { dataDir?: string } = {},
): Promise<ScenarioPlatform> {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'molecule-platform-')));
  const port = await freePort();
  const child = spawn(process.execPath, [join(ROOT, 'tooling/platform.mjs')], {
    cwd: ROOT,
    env: {
      PATH: process.env.PATH ?? '',
      HOME: process.env.HOME ?? '',
      PORT: String(port),
      MOLECULE_DATA_DIR: dataDir,
      // Where tenants cannot have users of their own, scenarios accept that: what they show does not rest on it.
      PROCESS_ALLOW_WEAK_ISOLATION: '1',
      LOG_LEVEL: 'warn',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += String(chunk)));
  const call = (path: string, call: PlatformCall = {}) => callByName(port, path, call);
  await untilUp(child, () => output, call);
  const adminToken = (await readFile(join(dataDir, 'cp-admin-token'), 'utf8')).trim();
  return {
    url: `http://localhost:${port}`,
    port,
    dataDir,
    adminToken,
    output: () => output,
    call,
    asOperator: (path, call_ = {}) =>
      call(path, { ...call_, headers: { authorization: `Bearer ${adminToken}`, ...call_.headers } }),
    signUp: async (email) => {
      const answer = await call('/cp/auth/accounts', {
        method: 'POST',
        body: { email, password: 'a password for scenarios', accept_terms: true },
      });
      if (answer.status !== 201) throw new Error(`no account: ${answer.status} ${answer.text}`);
      return cookieOf(answer);
    },
    pidOf: (part) => findPart(dataDir, part),
    stop: async ({ keepData = false } = {}) => {
      await end(child);
      if (!keepData) await rm(dataDir, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
    },
  };
}

export function cookieOf(answer: Pick<PlatformAnswer, 'headers'>): string {
  return [answer.headers['set-cookie'] ?? []].flat()[0]?.split(';')[0] ?? '';
}

/** By a name of our choice, which `fetch` would look up. */
export function callByName(port: number, path: string, options: PlatformCall = {}): Promise<PlatformAnswer> {
  const { method = 'GET', host = `localhost:${port}`, headers = {}, body } = options;
  const text = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      {
        port,
        host: '127.0.0.1',
        method,
        path,
        headers: {
          host,
          ...(text === undefined
            ? {}
            : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(text)) }),
          ...headers,
        },
        timeout: 60_000,
      },
      (response) => {
        let received = '';
        response.on('data', (chunk) => (received += String(chunk)));
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            body: parse(received),
            text: received,
            headers: response.headers,
          }),
        );
        response.on('error', reject);
      },
    );
    request.on('timeout', () => request.destroy(new Error('no answer within 60 s')));
    request.on('error', reject);
    request.end(text);
  });
}

/** How to reach the platform's own database, as root or as whoever started it. */
export function databaseOptionsOf({ dataDir }: Pick<ScenarioPlatform, 'dataDir'>) {
  const pidFile = join(dataDir, 'platform-database/postgres/postmaster.pid');
  const socketFolder = readFileSync(pidFile, 'utf8').split('\n')[4] ?? '';
  return { host: socketFolder, port: 5432, user: 'molecule', database: 'molecule' };
}

/** The tenant's folder of each organisation that was placed. */
export async function tenantFolders(platform: Pick<ScenarioPlatform, 'dataDir'>): Promise<string[]> {
  const root = join(platform.dataDir, 'tenants');
  return (await readdir(root)).map((name) => join(root, name));
}

function findPart(dataDir: string, part: string): number | null {
  for (const pid of processesOf(dataDir)) {
    const main = `apps/${part}/dist/main.js`;
    if (commandOf(pid).includes(main)) return pid;
  }
  return null;
}

async function untilUp(
  child: ChildProcess,
  output: () => string,
  call: (path: string) => Promise<PlatformAnswer>,
): Promise<void> {
  const endAt = Date.now() + START_LIMIT_MS;
  while (Date.now() < endAt) {
    if (child.exitCode !== null) throw new Error(`the platform ended at start:\n${output()}`);
    const isUp = await call('/health').then(
      (answer) => answer.status === 200,
      () => false,
    );
    if (isUp) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`the platform was not up within ${START_LIMIT_MS} ms:\n${output()}`);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGINT');
  // Through npm a Ctrl-C arrives twice, a moment apart.
  await new Promise((resolve) => setTimeout(resolve, COPY_MS));
  child.kill('SIGINT');
  const isLate = new Promise<'late'>((resolve) => setTimeout(() => resolve('late'), STOP_LIMIT_MS).unref());
  if ((await Promise.race([ended, isLate])) === 'late') child.kill('SIGKILL');
}

function parse(text: string): PlatformAnswer['body'] {
  try {
    return JSON.parse(text) as PlatformAnswer['body'];
  } catch {
    return {};
  }
}
