// Tenant process: starts the built tenant in a folder of its own for a bench, and stops it with everything it started.

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { withDeadline } from '@molecule/kit';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/** A stop drains for 30 s at most. */
const STOP_LIMIT_MS = 60_000;
const ANSWER_LIMIT_MS = 5_000;
/** Between a kill and its notice. */
const KILLED_LIMIT_MS = 10_000;

export interface TenantProcess {
  url: string;
  dataDir: string;
  pid: number;
  /** Empty in development mode. */
  adminToken: string;
  child: ChildProcess;
  stop(): Promise<void>;
}

/** Those that were not stopped yet: a test that fails in its middle must leave nothing behind. */
const running = new Set<TenantProcess>();

export async function stopAllTenants(): Promise<void> {
  await Promise.all([...running].map((tenant) => tenant.stop()));
}

export async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

/** `cluster`: a Postgres data folder to begin with a copy of; otherwise the tenant makes its own. */
export async function startTenantProcess(
  env: Record<string, string> = {},
  options: { dataDir?: string; limitMs?: number; cluster?: string } = {},
): Promise<TenantProcess> {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'molecule-bench-')));
  // With its owner, who is not us where we are root.
  if (options.cluster) await promisify(execFile)('cp', ['-a', options.cluster, join(dataDir, 'postgres')]);
  const port = env.PORT ? Number(env.PORT) : await freePort();
  const child = spawn(process.execPath, [join(ROOT, 'apps/workspace-server/dist/main.js')], {
    env: {
      PATH: process.env.PATH ?? '',
      PORT: String(port),
      MOLECULE_DATA_DIR: dataDir,
      MOLECULE_EMPTY: '1',
      LOG_LEVEL: 'warn',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += String(chunk)));
  const url = `http://${env.HOST ?? '127.0.0.1'}:${port}`;
  try {
    await untilHealthy(url, child, () => output, options.limitMs ?? 30_000);
  } catch (error) {
    await endProcess(child, 'SIGINT'); // Nobody else knows of it.
    throw error;
  }
  const adminToken = (await readFile(join(dataDir, 'admin-token'), 'utf8').catch(() => '')).trim();
  const tenant: TenantProcess = {
    url,
    dataDir,
    pid: child.pid ?? 0,
    adminToken,
    child,
    stop: async () => {
      running.delete(tenant);
      await endProcess(child, 'SIGINT');
      if (!options.dataDir) await rm(dataDir, { recursive: true, force: true });
    },
  };
  running.add(tenant);
  return tenant;
}

export function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

/** Comes back once the process has ended; one that does not end by `signal` in time is killed. */
export async function endProcess(child: ChildProcess, signal: 'SIGINT' | 'SIGKILL'): Promise<void> {
  if (hasEnded(child)) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill(signal);
  const late = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
  try {
    await withDeadline(
      ended,
      STOP_LIMIT_MS + KILLED_LIMIT_MS,
      `the end of process ${child.pid} by ${signal}`,
    );
  } finally {
    clearTimeout(late);
  }
}

async function untilHealthy(
  url: string,
  child: ChildProcess,
  output: () => string,
  limitMs: number,
): Promise<void> {
  const endAt = Date.now() + limitMs;
  while (Date.now() < endAt) {
    if (hasEnded(child)) throw new Error(`the tenant ended at start:\n${output()}`);
    const isUp = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(ANSWER_LIMIT_MS) }).then(
      (response) => response.ok,
      () => false,
    );
    if (isUp) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`the tenant was not ready within ${limitMs} ms:\n${output()}`);
}
