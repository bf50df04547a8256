// Process under test: a state folder of its own, the smallest agent, and views of it that do not go through the backend.

import { execFileSync } from 'node:child_process';
import { chmod, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createLog, systemClock } from '@molecule/kit';
import type { BackendUnderTest, SeenByAgent } from '../../backend.contract.ts';
import { createDispatcher, type Dispatcher } from '../../dispatcher.ts';
import { FakeControls } from '../../fake/fake-backend.ts';
import type { ProcessOptions } from '../process-backend.ts';

const UNIT = fileURLToPath(new URL('./unit-process.mjs', import.meta.url));

export interface ProcessUnderTest extends BackendUnderTest {
  stateDir: string;
  folderOf(workspaceId: string): string;
  /** Pids of every process that carries the workspace's id and our state folder in its environment. */
  pidsOf(workspaceId: string): Promise<number[]>;
  recordOf(workspaceId: string): Promise<{ pid: number; port: number; uid?: number }>;
}

export async function processUnderTest(
  change: Partial<ProcessOptions> = {},
  fake = new FakeControls(),
): Promise<ProcessUnderTest> {
  const root = await mkdtemp(join(tmpdir(), 'molecule-units-'));
  // What the agents' own users have to pass through.
  await chmod(root, 0o711);
  const stateDir = join(root, 'state');
  let command: readonly string[] = [process.execPath, UNIT];
  const open = (): Dispatcher =>
    createDispatcher({
      process: {
        stateDir,
        command: () => command,
        platformUrl: () => 'http://127.0.0.1:9',
        orgId: 'org-of-a-test',
        termGraceMs: 2_000,
        users: { claimsDir: join(root, 'claims'), first: 41_000, count: 500 },
        ...change,
      },
      fake,
      clock: systemClock,
      log: createLog({ level: 'silent' }),
    });
  const dispatcher = open();
  const folderOf = (id: string) => join(stateDir, `ws-${id}`);
  const recordOf = async (id: string) =>
    JSON.parse(await readFile(join(folderOf(id), 'run', 'unit.json'), 'utf8'));
  const pidsOf = (id: string) => pidsWith(`MOLECULE_UNIT=${stateDir}:${id}`);
  return {
    dispatcher,
    fake,
    stateDir,
    folderOf,
    pidsOf,
    recordOf,
    restartServer: async () => open(),
    seenByAgent: async (id) => ask((await recordOf(id)).port),
    countAgents: async (id) => (await pidsOf(id)).length,
    killFromOutside: async (id) => {
      process.kill((await recordOf(id)).pid, 'SIGKILL');
    },
    breakStarts: () => {
      command = [join(root, 'no-such-program')];
    },
    breakListing: async () => {
      await rename(stateDir, `${stateDir}.moved`);
      execFileSync('touch', [stateDir]);
    },
    close: async () => {
      for (const pid of await pidsWith(`MOLECULE_UNIT=${stateDir}:`)) killIfThere(pid);
      await rm(root, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

async function ask(port: number): Promise<SeenByAgent> {
  const endAt = Date.now() + 10_000;
  for (;;) {
    try {
      const response = await fetch(`http://127.0.0.1:${port}/`);
      return (await response.json()) as SeenByAgent;
    } catch (error) {
      if (Date.now() > endAt) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function pidsWith(marker: string): Promise<number[]> {
  const found: number[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const state = (await readFile(`/proc/${name}/stat`, 'utf8')).split(') ')[1]?.[0];
      const env = await readFile(`/proc/${name}/environ`, 'utf8');
      if (state !== 'Z' && env.split('\0').some((entry) => entry.startsWith(marker)))
        found.push(Number(name));
    } catch {
      // Ended meanwhile.
    }
  }
  return found;
}
