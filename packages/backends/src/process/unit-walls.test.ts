// Unit walls: a bad agent against what the host really keeps, and each wall's absence said.

import { execFileSync } from 'node:child_process';
import { readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createLog } from '@molecule/kit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { specOf, urlOf } from '../backend.contract.ts';
import { TIER_SIZES } from '../tier-sizes.ts';
import { AgentUsers } from './agent-users.ts';
import { findControlGroups } from './control-groups.ts';
import { type ProcessUnderTest, processUnderTest } from './testing/process-under-test.ts';

const BAD = fileURLToPath(new URL('./testing/bad-agent.mjs', import.meta.url));
const isRoot = process.platform === 'linux' && process.getuid?.() === 0;
const kept = (await findControlGroups('molecule-test', createLog({ level: 'silent' }))).kept;

interface Found {
  uid: number;
  reads: Record<string, string>;
  writes: Record<string, string>;
  children: number;
  refused: number;
}

let under: ProcessUnderTest;
let id: string;

async function open(change = {}): Promise<void> {
  under = await processUnderTest({ command: [process.execPath, BAD], strayLookMs: 0, ...change });
  id = crypto.randomUUID();
}
const start = (workspaceId: string, env = {}, change = {}) =>
  under.dispatcher.start(specOf(workspaceId, { env, ...change }), 'process').then(urlOf);
const ask = async (workspaceId: string) => (await under.seenByAgent(workspaceId)) as unknown as Found;
// What has ended and only waits to be noticed is none.
const processesOf = (uid: number) =>
  execFileSync('ps', ['-eo', 'uid=,stat='], { encoding: 'utf8' })
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([owner, state = 'Z']) => Number(owner) === uid && !state.startsWith('Z')).length;

describe.runIf(isRoot)('the walls of a process unit, where the server is root', { timeout: 60_000 }, () => {
  beforeEach(() => open());
  afterEach(() => under.close());

  it('keeps an agent out of the folders, record and log of others, and of what the server keeps', async () => {
    const other = crypto.randomUUID();
    await start(other);
    await ask(other);
    const secret = join(under.stateDir, '..', 'admin-token');
    await writeFile(secret, 'of the server', { mode: 0o600 });
    const folder = under.folderOf(other);
    const own = under.folderOf(id);
    const forbidden = [
      `${under.stateDir}/`,
      `${folder}/`,
      `${folder}/workspace/`,
      join(folder, 'configs', '.auth_token'),
      join(folder, 'run', 'unit.json'),
      join(folder, 'log', 'runtime.log'),
      join(own, 'run', 'unit.json'),
      join(own, 'log', 'runtime.log'),
      secret,
      `/proc/${process.pid}/environ`,
      `/proc/${(await under.recordOf(other)).pid}/environ`,
    ];
    await start(id, {
      BAD_READS: JSON.stringify([...forbidden, join(own, 'configs', '.auth_token'), '/proc/self/environ']),
      BAD_WRITES: JSON.stringify([
        join(own, 'workspace', 'mine'),
        join(own, 'configs', 'mine'),
        join(folder, 'workspace', 'theirs'),
      ]),
    });
    const { reads, writes, uid } = await ask(id);
    expect(uid).toBe((await under.recordOf(id)).uid);
    expect(uid).not.toBe((await under.recordOf(other)).uid);
    expect(forbidden.map((path) => [path, reads[path]])).toEqual(forbidden.map((path) => [path, 'EACCES']));
    expect(Object.values(reads).filter((answer) => answer === 'done')).toHaveLength(2);
    expect(Object.values(writes)).toEqual(['done', 'done', 'EACCES']);
    expect((await under.dispatcher.health()).process?.isolation).toContain('a user of its own');
  });

  it('reads all of it when the wall is taken down, and says so (the planted weakness)', async () => {
    await under.close();
    await open({ users: null });
    const other = crypto.randomUUID();
    await start(other);
    const token = join(under.folderOf(other), 'configs', '.auth_token');
    await start(id, { BAD_READS: JSON.stringify([token]) });
    expect((await ask(id)).reads[token]).toBe('done');
    const { isolation } = (await under.dispatcher.health()).process ?? {};
    expect(isolation).toContain('NOT enforced on any tier: file system');
    expect(isolation).toContain('switched it off');
  });

  it('refuses tier 1 where the agent gets no user of its own, unless the operator accepts it by name', async () => {
    await under.close();
    await open({ users: null });
    const weak = { ...specOf(id), tier: 1 as const };
    expect(await under.dispatcher.start(weak, 'process')).toMatchObject({
      outcome: 'failed',
      code: 'weak_sandbox',
      reason: expect.stringContaining('PROCESS_ALLOW_WEAK_SANDBOX=1'),
    });
    expect(await under.pidsOf(id)).toEqual([]);
    await under.close();
    await open({ users: null, isWeakSandboxAllowed: true });
    expect(await under.dispatcher.start(weak, 'process')).toMatchObject({
      outcome: 'started',
      isolation: { kind: 'server_user', tier: 1 },
    });
  });

  it('bounds the processes of an agent, and ends those that hid their origin', async () => {
    await start(id, { BAD_FORKS: '400' }, { tier: 1 });
    await expect.poll(async () => (await ask(id)).refused, { timeout: 20_000 }).toBeGreaterThan(100);
    const { children, uid } = await ask(id);
    expect(children).toBeGreaterThan(20);
    expect(processesOf(uid)).toBeLessThanOrEqual(256);
    await under.dispatcher.stop(id, 'process');
    expect(processesOf(uid)).toBe(0);
  });

  it('lets the files, the terminal and a new start work on what belongs to the agent', async () => {
    await start(id);
    const { uid } = await ask(id);
    await under.dispatcher.writeFile(id, 'process', { root: 'workspace', path: 'a/b.txt' }, Buffer.from('x'));
    await under.dispatcher.writeConfigFiles(id, 'process', { 'prompts/new.md': 'y' });
    const folder = under.folderOf(id);
    for (const path of ['workspace/a', 'workspace/a/b.txt', 'configs/prompts/new.md', 'configs/.auth_token'])
      expect([path, (await stat(join(folder, path))).uid]).toEqual([path, uid]);
    const shell = await under.dispatcher.terminal(id, 'process', 80, 24);
    let text = '';
    shell.onOutput((bytes) => {
      text += Buffer.from(bytes).toString();
    });
    shell.write(Buffer.from('id -u; cat a/b.txt; exit\n'));
    await new Promise<void>((resolve) => shell.onExit(resolve));
    expect(text).toContain(String(uid));
    await start(id);
    expect((await ask(id)).uid).toBe(uid);
  });

  it('deletes and writes nothing through a link that the agent put in its own folders', async () => {
    await start(id);
    await ask(id);
    const outside = join(under.stateDir, 'outside');
    await writeFile(outside, 'stays');
    await symlink(under.stateDir, join(under.folderOf(id), 'workspace', 'out'));
    await symlink(under.stateDir, join(under.folderOf(id), 'configs', 'out'));
    await under.dispatcher.deleteFile(id, 'process', { root: 'workspace', path: 'out' });
    await under.dispatcher.writeConfigFiles(id, 'process', { 'out/outside': 'mine' });
    expect(await under.dispatcher.readConfigFile(id, 'process', 'out/outside')).toBe('mine');
    expect(await readFile(outside, 'utf8')).toBe('stays');
  });

  it('takes what an agent of an earlier version wrote as root', async () => {
    await start(id);
    await under.dispatcher.stop(id, 'process');
    const folder = under.folderOf(id);
    execFileSync('chown', ['-R', '0:0', folder]);
    await rm(join(folder, 'run', 'user'));
    const mine = join(folder, 'workspace', 'mine');
    await writeFile(mine, 'x', { mode: 0o600 });
    await start(id, { BAD_READS: JSON.stringify([mine]) });
    expect((await ask(id)).reads[mine]).toBe('done');
  });
});

describe('the limits of a process unit', { timeout: 60_000 }, () => {
  const sizes = { ...TIER_SIZES, 2: { memoryMib: 200, cpuShares: 1024 } };
  afterEach(() => under.close());

  it('end an agent that eats memory, and the reason is told and noted', async () => {
    await open({ sizes });
    const exits: { reason?: string }[] = [];
    under.dispatcher.onExit((_, exit) => exits.push(exit));
    await start(id, { BAD_MEMORY_MIB: '600' });
    const watch = under.dispatcher.loops().find((loop) => loop.name === 'units.limits');
    await expect
      .poll(
        async () => {
          await watch?.run(new AbortController().signal);
          return exits;
        },
        { timeout: 30_000 },
      )
      .toMatchObject([{ reason: expect.stringContaining('memory') }]);
    await expect
      .poll(() => under.dispatcher.console(id, 'process'), { timeout: 5_000 })
      .toMatch(/was ended: it used .*memory/);
  });

  it.runIf(kept.has('memory'))('are kept by the kernel where it can', async () => {
    await open({ sizes });
    expect((await under.dispatcher.health()).process?.isolation).toMatch(/limited by the kernel: memory/);
  });
});

describe('the numbers of agent users', () => {
  it('are kept per folder, never shared, and free again when the folder is gone', async () => {
    await open();
    const options = { claimsDir: join(under.stateDir, 'claims'), first: 50_000, count: 2 };
    const users = new AgentUsers(options);
    await users.prepare();
    const [one = '', two = '', three = ''] = ['a', 'b', 'c'].map((name) => join(under.stateDir, name));
    for (const folder of [one, two, three]) execFileSync('mkdir', ['-p', join(folder, 'run')]);
    const first = await users.claim(one);
    expect(await users.claim(one)).toBe(first);
    expect(await new AgentUsers(options).claim(one)).toBe(first);
    const second = await users.claim(two);
    expect(second).not.toBe(first);
    await expect(users.claim(three)).rejects.toThrow('every user number');
    await rm(one, { recursive: true });
    expect(await users.claim(three)).toBe(first);
    await under.close();
  });
});
