// Process backend: the common suite with real processes, and what only processes can do wrong.

import { mkdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { describeBackend, specOf, urlOf } from '../backend.contract.ts';
import { type ProcessUnderTest, processUnderTest } from './testing/process-under-test.ts';

const hasProc = process.platform === 'linux';
const isRoot = process.getuid?.() === 0;

if (hasProc) describeBackend({ backend: 'process', create: () => processUnderTest(), optOuts: {} });

describe('a process unit', { timeout: 30_000 }, () => {
  let under: ProcessUnderTest;
  let id: string;

  beforeEach(async () => {
    under = await processUnderTest();
    id = crypto.randomUUID();
  });
  afterEach(() => under.close());

  const start = (change = {}) => under.dispatcher.start(specOf(id, change), 'process');

  it('gets the base environment with its real folders, and nothing of this process (U4)', async () => {
    process.env.MOLECULE_CANARY = 'secret of the server';
    try {
      urlOf(await start({ parentId: 'p-1', tier: 3, env: { MINE: '1', PORT: '1', WORKSPACE_ID: 'forged' } }));
    } finally {
      delete process.env.MOLECULE_CANARY;
    }
    const { env } = await under.seenByAgent(id);
    const folder = under.folderOf(id);
    expect(env).toMatchObject({
      MINE: '1',
      WORKSPACE_ID: id,
      WORKSPACE_CONFIG_PATH: join(folder, 'configs'),
      CONFIGS_DIR: join(folder, 'configs'),
      PLUGINS_DIR: join(folder, 'configs', 'plugins'),
      PLATFORM_URL: 'http://127.0.0.1:9',
      MOLECULE_URL: 'http://127.0.0.1:9',
      MOLECULE_PLATFORM_URL: 'http://127.0.0.1:9',
      MOLECULE_ORG_ID: 'org-of-a-test',
      TIER: '3',
      PARENT_ID: 'p-1',
      HOST: '127.0.0.1',
      HOME: join(folder, 'workspace'),
    });
    expect(env.PORT).toBe(String((await under.recordOf(id)).port));
    expect(env).not.toHaveProperty('MOLECULE_CANARY');
  });

  it('keeps its folders to itself', async () => {
    await start();
    // The group of the root is the agent's own: it may pass through.
    const { mode, gid } = await stat(under.folderOf(id));
    expect([mode & 0o777, gid]).toEqual(isRoot ? [0o710, (await under.recordOf(id)).uid] : [0o700, gid]);
    for (const name of ['configs', 'workspace', 'sessions', 'run', 'log']) {
      expect((await stat(join(under.folderOf(id), name))).mode & 0o777).toBe(0o700);
    }
  });

  it('refuses an environment variable that is not one, by its name', async () => {
    const result = await start({ env: { 'A B': 'the value' } });
    expect(result).toMatchObject({ outcome: 'failed', code: 'invalid_request' });
    expect(JSON.stringify(result)).toContain('A B');
    expect(JSON.stringify(result)).not.toContain('the value');
  });

  it('is killed when it does not end in time, with the children that left its group (U3)', async () => {
    await under.close();
    under = await processUnderTest({ termGraceMs: 100 });
    await start({ env: { UNIT_IGNORES_TERM: '1', UNIT_HAS_CHILD: '1' } });
    await under.seenByAgent(id);
    expect(await under.countAgents(id)).toBe(2);
    await under.dispatcher.stop(id, 'process');
    expect(await under.countAgents(id)).toBe(0);
  });

  it('tells the exit code of an agent that ends by itself (U7)', async () => {
    const exits: unknown[] = [];
    under.dispatcher.onExit((...exit) => exits.push(exit));
    await start({ env: { UNIT_EXIT_CODE: '3' } });
    await expect.poll(() => exits, { timeout: 5_000 }).toEqual([[id, { code: 3, signal: null }]]);
    await expect
      .poll(() => under.dispatcher.console(id, 'process'), { timeout: 5_000 })
      .toContain('ended by itself: with code 3');
  });

  it('is found by its environment when its record is lost, and replaced by the next start (U2)', async () => {
    await start();
    await under.seenByAgent(id);
    await rm(join(under.folderOf(id), 'run', 'unit.json'));
    const next = await under.restartServer();
    expect(await next.probe(id, 'process')).toBe('unknown');
    await next.start(specOf(id), 'process');
    await under.seenByAgent(id);
    expect(await under.countAgents(id)).toBe(1);
    expect(await next.probe(id, 'process')).toBe('running');
  });

  it('is ended by the sweep when no record knows it (U2)', async () => {
    await start({ env: { UNIT_HAS_CHILD: '1' } });
    await under.seenByAgent(id);
    await rm(under.folderOf(id), { recursive: true });
    const next = await under.restartServer();
    expect(await next.listUnits()).toEqual([]);
    expect(await under.countAgents(id)).toBe(0);
  });

  it('is not touched by the sweep of another installation', async () => {
    await start();
    await under.seenByAgent(id);
    const other = await processUnderTest();
    try {
      expect(await other.dispatcher.listUnits()).toEqual([]);
      expect(await under.countAgents(id)).toBe(1);
    } finally {
      await other.close();
    }
  });

  it('survives sweeps that run while it starts (U6)', async () => {
    await under.close();
    under = await processUnderTest({ strayLookMs: 0 });
    const ids = Array.from({ length: 6 }, () => crypto.randomUUID());
    let isStarting = true;
    const sweeps = (async () => {
      while (isStarting) await sweepOnce();
    })();
    await Promise.all(ids.map((each) => under.dispatcher.start(specOf(each), 'process')));
    isStarting = false;
    await sweeps;
    for (const each of ids) expect(await under.dispatcher.probe(each, 'process')).toBe('running');

    async function sweepOnce(): Promise<void> {
      await under.dispatcher.listUnits();
      await new Promise((resolve) => setImmediate(resolve));
    }
  });

  it('is listed as unknown, never as gone, while it is replaced (U6)', async () => {
    await start();
    await under.seenByAgent(id);
    let isDone = false;
    const replaced = start().finally(() => {
      isDone = true;
    });
    const seen = new Set<string>();
    while (!isDone) {
      for (const unit of (await under.dispatcher.listUnits()) ?? []) seen.add(unit.state);
      seen.add(await under.dispatcher.probe(id, 'process'));
    }
    urlOf(await replaced);
    expect(seen).toContain('unknown');
    expect(seen).not.toContain('gone');
  });

  it('is gone when its number belongs to another process now (U1)', async () => {
    await start();
    const record = await under.recordOf(id);
    await under.dispatcher.stop(id, 'process');
    const stale = { ...record, phase: 'running', pid: process.pid, startTime: 'another' };
    await writeFile(join(under.folderOf(id), 'run', 'unit.json'), JSON.stringify(stale));
    const next = await under.restartServer();
    expect(await next.probe(id, 'process')).toBe('gone');
    // This process has that number: a stop that believed the record would end the test.
    await next.stop(id, 'process');
    expect(await next.probe(id, 'process')).toBe('gone');
  });

  it('answers unknown when its record cannot be read', async () => {
    await mkdir(join(under.folderOf(id), 'run', 'unit.json'), { recursive: true });
    expect(await under.dispatcher.probe(id, 'process')).toBe('unknown');
    expect(await under.dispatcher.listUnits()).toBeNull();
  });

  it('is told as ended after a takeover, too (U5)', async () => {
    await start();
    const next = await under.restartServer();
    const exits: unknown[] = [];
    next.onExit((...exit) => exits.push(exit));
    await next.listUnits();
    await under.killFromOutside(id);
    const watch = next.loops().find((loop) => loop.name === 'units.watch');
    await expect
      .poll(async () => {
        await watch?.run(new AbortController().signal);
        return exits;
      })
      .toEqual([[id, { code: null, signal: null }]]);
  });

  it('shows its last lines without the tokens in them', async () => {
    const authToken = `${'a'.repeat(43)}_wABCDEF`;
    await start({ authToken });
    await under.seenByAgent(id);
    const { lines, isTruncated } = await under.dispatcher.logs(id, 'process', {
      source: 'runtime',
      tail: 10,
    });
    expect(lines.map((line) => line.text)).toEqual([`agent of ${id} is up`, '[secret]']);
    expect(isTruncated).toBe(false);
    const short = await under.dispatcher.logs(id, 'process', { source: 'runtime', tail: 1 });
    expect(short).toMatchObject({ lines: [{ text: '[secret]' }], isTruncated: true });
  });

  it('forgets config files that are no longer given and keeps what the agent wrote (F3)', async () => {
    await start();
    await under.seenByAgent(id);
    await writeFile(join(under.folderOf(id), 'configs', 'own.md'), 'written by the agent');
    await start({ configFiles: { 'config.yaml': 'name: New\n' } });
    const { configs } = await under.seenByAgent(id);
    expect(configs.map(([path]) => path).sort()).toEqual(['.auth_token', 'config.yaml', 'own.md']);
  });

  it('writes through no link that an agent left in /configs (F2)', async () => {
    const outside = join(under.stateDir, 'outside');
    await mkdir(outside, { recursive: true });
    await start();
    await under.dispatcher.stop(id, 'process');
    const prompts = join(under.folderOf(id), 'configs', 'prompts');
    await rm(prompts, { recursive: true });
    await symlink(outside, prompts);
    await symlink('/etc/hostname', join(under.folderOf(id), 'configs', 'name'));
    expect(await under.dispatcher.readConfigFile(id, 'process', 'name')).toBeNull();
    expect(await under.dispatcher.readConfigFile(id, 'process', 'prompts/system.md')).toBeNull();
    urlOf(await start());
    await expect(stat(join(outside, 'system.md'))).rejects.toMatchObject({ code: 'ENOENT' });
    expect(await readFile(join(prompts, 'system.md'), 'utf8')).toBe('Be kind.\n');
  });

  it('writes into a folder of the host only where an operator allows it', async () => {
    const project = join(under.stateDir, '..', 'project');
    await mkdir(project);
    const asked = { workspaceDir: project, workspaceAccess: 'read_write' } as const;
    expect(await start(asked)).toMatchObject({ outcome: 'failed', code: 'invalid_request' });
    expect(await start({ ...asked, workspaceAccess: 'read_only' })).toMatchObject({
      outcome: 'failed',
      code: 'unsupported_on_backend',
    });
    const allowing = await processUnderTest({ hostFolderRoots: [join(under.stateDir, '..')] });
    try {
      urlOf(await allowing.dispatcher.start(specOf(id, asked), 'process'));
      expect((await allowing.seenByAgent(id)).env.WORKSPACE_DIR).toBe(project);
    } finally {
      await allowing.close();
    }
  });

  it('drops saved sessions once for each reset that is asked for', async () => {
    const saved = join(under.folderOf(id), 'sessions', 'last.jsonl');
    const hasSaved = () =>
      stat(saved).then(
        () => true,
        () => false,
      );
    const startAndSave = async (sessionResetAt: number | null) => {
      urlOf(await start({ sessionResetAt }));
      const survived = await hasSaved();
      await writeFile(saved, 'what was said');
      return survived;
    };
    expect(await startAndSave(null)).toBe(false);
    expect(await startAndSave(null)).toBe(true);
    expect(await startAndSave(1_000)).toBe(false);
    expect(await startAndSave(1_000)).toBe(true);
    expect(await startAndSave(2_000)).toBe(false);
  });

  it('says when the command of the runtime is not there', async () => {
    under.breakStarts();
    expect((await under.dispatcher.health()).process).toMatchObject({ isOk: false });
  });
});
