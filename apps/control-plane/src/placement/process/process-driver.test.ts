// The process driver against the contract of all drivers, with a small program in the place of the tenant; and what only
// this driver promises: a user for each tenant, nothing left of a killed one, and a tenant found again after a crash.

import { randomUUID } from 'node:crypto';
import { cpSync, existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLog } from '@molecule/kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describePlacementDriver, specFor } from '../driver.contract.ts';
import { ProcessDriver } from './process-driver.ts';
import { environmentOf, processesOf, startTimeOf, waitFor } from './process-identity.ts';

/** Listens on its port, starts a helper in a group of its own as the tenant does, and ends on SIGTERM. */
const STAND_IN = `// A stand-in for the tenant server.
const { createServer } = require('node:http');
const { spawn } = require('node:child_process');
const helper = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)', process.env.MOLECULE_DATA_DIR], { detached: true, stdio: 'ignore' });
createServer((_, response) => response.end('ok')).listen(Number(process.env.PORT), process.env.HOST);
process.on('SIGTERM', () => { helper.kill('SIGKILL'); process.exit(0); });
`;

interface Ground {
  home: string;
  root: string;
  open(options?: { isWeakIsolationAccepted?: boolean }): ProcessDriver;
}

async function openGround(): Promise<Ground> {
  const home = await mkdtemp(join(tmpdir(), 'molecule-placement-'));
  await chmod(home, 0o711);
  const root = join(home, 'tenants');
  for (const image of ['local', 'next']) {
    await mkdir(join(home, 'images', image), { recursive: true });
    await writeFile(join(home, 'images', image, 'main.cjs'), STAND_IN);
  }
  cpSync(join(home, 'images/local'), join(home, 'images/other'), { recursive: true });
  return {
    home,
    root,
    open: ({ isWeakIsolationAccepted = true } = {}) =>
      new ProcessDriver({
        root,
        unitRoot: join(home, 'units'),
        unitMain: join(home, 'images/local/main.cjs'),
        mainOf: (image) => join(home, 'images', image, 'main.cjs'),
        programPath: process.env.PATH ?? '',
        isWeakIsolationAccepted,
        log: createLog({ level: 'silent' }),
      }),
  };
}

async function closeGround(ground: Ground): Promise<void> {
  const driver = ground.open();
  await Promise.all((await driver.list()).map((orgId) => driver.destroy(orgId)));
  await rm(ground.home, { recursive: true, force: true });
}

/** A program that a server is about to start looks like the server for a moment: children of servers are none. */
async function serversOf(root: string, orgId: string): Promise<number[]> {
  const found: number[] = [];
  for (const pid of await processesOf(join(root, orgId), null)) {
    if (
      (await environmentOf(pid)).PORT &&
      (await readFile(`/proc/${pid}/cmdline`, 'utf8')).includes('main.cjs')
    ) {
      found.push(pid);
    }
  }
  const parents = await Promise.all(found.map(parentOf));
  return found.filter((_, i) => !found.includes(parents[i] ?? 0));
}

async function parentOf(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[1] ?? 0);
}

const placed = async (root: string, orgId: string) =>
  JSON.parse(await readFile(join(root, orgId, 'placement.json'), 'utf8')) as {
    pid: number;
    uid: number | null;
    startTime: string;
  };

describePlacementDriver('process', async () => {
  const ground = await openGround();
  const driver = ground.open();
  const file = (orgId: string) => join(ground.root, orgId, 'data/kept.txt');
  return {
    driver,
    again: () => ground.open(),
    images: ['local', 'next'],
    crash: async (orgId) => {
      const { pid } = await placed(ground.root, orgId);
      process.kill(pid, 'SIGKILL');
      await waitFor(async () => (await startTimeOf(pid)) === null, 10_000);
    },
    write: (orgId, text) => writeFile(file(orgId), text),
    read: (orgId) => readFile(file(orgId), 'utf8'),
    count: async (orgId) => (await serversOf(ground.root, orgId)).length,
    close: () => closeGround(ground),
  };
});

describe('a tenant as a process', { timeout: 120_000 }, () => {
  let ground: Ground;
  beforeAll(async () => {
    ground = await openGround();
  });
  afterAll(() => closeGround(ground), 60_000);

  it('is found again when the control plane was killed between its start and the note of it (R1)', async () => {
    const orgId = randomUUID();
    const driver = ground.open();
    const { upstream } = await driver.ensureRunning(specFor(orgId, 'local'));
    const noted = await placed(ground.root, orgId);
    const half = { ...noted, pid: null, startTime: null };
    await writeFile(join(ground.root, orgId, 'placement.json'), JSON.stringify(half));
    expect(await ground.open().ensureRunning(specFor(orgId, 'local'))).toEqual({ upstream });
    expect((await placed(ground.root, orgId)).pid).toBe(noted.pid);
    expect(await serversOf(ground.root, orgId)).toHaveLength(1);
  });

  it('leaves nothing behind when it was killed: what it had started ends before it starts again (R3)', async () => {
    const orgId = randomUUID();
    const driver = ground.open();
    await driver.ensureRunning(specFor(orgId, 'local'));
    const { pid } = await placed(ground.root, orgId);
    await waitFor(async () => (await processesOf(join(ground.root, orgId), null)).length >= 2, 10_000);
    process.kill(pid, 'SIGKILL');
    await driver.destroy(orgId);
    expect(await processesOf(join(ground.root, orgId), null)).toEqual([]);
    expect(existsSync(join(ground.root, orgId))).toBe(false);
  });

  it.runIf(process.getuid?.() === 0)(
    'has a user of its own, that can enter no other tenant’s folder',
    async () => {
      const driver = ground.open({ isWeakIsolationAccepted: false });
      const [one, two] = [randomUUID(), randomUUID()];
      for (const orgId of [one, two]) await driver.ensureRunning(specFor(orgId, 'local'));
      const [first, second] = [await placed(ground.root, one), await placed(ground.root, two)];
      expect(first.uid).not.toBe(second.uid);
      expect(first.uid).toBeGreaterThan(600_000);
      await writeFile(join(ground.root, two, 'data/secret.txt'), 'of two');
      const { execFile } = await import('node:child_process');
      const reads = (path: string) =>
        new Promise<boolean>((resolve) => {
          const options = { uid: first.uid ?? 0, gid: first.uid ?? 0 };
          execFile('/bin/cat', [path], options, (error) => resolve(error === null));
        });
      expect(await reads(join(ground.root, two, 'data/secret.txt'))).toBe(false);
      expect(await reads(join(ground.root, two, 'placement.json'))).toBe(false);
      expect(await reads(join(ground.root, one, 'data/none.txt'))).toBe(false);
    },
  );

  it('carries its own credentials in its environment, and nothing of the platform’s', async () => {
    const orgId = randomUUID();
    await ground.open().ensureRunning(specFor(orgId, 'local'));
    const { pid } = await placed(ground.root, orgId);
    // While one program becomes the next on the way to the tenant, nothing can be read.
    let env: Record<string, string> = {};
    await waitFor(async () => {
      env = await environmentOf(pid);
      return env.MOLECULE_ORG_ID !== undefined;
    }, 10_000);
    expect(env.MOLECULE_ORG_ID).toBe(orgId);
    const names = Object.keys(env);
    for (const name of ['EDGE_SIGNING_KEY', 'CP_ADMIN_API_TOKEN', 'DATABASE_URL', 'OPENAI_API_KEY']) {
      expect(names).not.toContain(name);
    }
  });
});
