// Backend contract: what every backend does alike, asked through the dispatcher. A sibling that cannot do a scenario says
// why, and the suite then holds it to the typed refusal.

import type { Readable } from 'node:stream';
import { type BackendName, Fault } from '@molecule/domain';
import { HOSTILE_ARCHIVES, type HostileEntry } from '@molecule/testkit';
import { pack } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { UnitExit, WorkspaceSpec } from './backend.ts';
import type { Dispatcher, StartResult } from './dispatcher.ts';
import type { FakeControls } from './fake/fake-backend.ts';
import { cellMark } from './features.ts';
import { eachEntry } from './folder-archive.ts';
import type { OpenFile } from './unit-file.ts';
import { CAPABILITIES, VERBS, type Verb } from './verbs.ts';

/** What the agent found at its first instruction. */
export interface SeenByAgent {
  env: Record<string, string>;
  configs: [string, string][];
  tokenMode: string;
  /** Names of what it had saved of earlier sessions. It saves one itself. */
  sessions: string[];
}

export interface BackendUnderTest {
  dispatcher: Dispatcher;
  /** The fake backend that is wired beside the one under test, to carry to and from. */
  fake: FakeControls;
  /** Another server process over the same state. */
  restartServer(): Promise<Dispatcher>;
  seenByAgent(workspaceId: string): Promise<SeenByAgent>;
  /** How many agents of this workspace there are, however they came to be. */
  countAgents(workspaceId: string): Promise<number>;
  killFromOutside(workspaceId: string): Promise<void>;
  /** Makes the next starts fail after the unit was created. */
  breakStarts(): void;
  /** Makes listing impossible. */
  breakListing(): Promise<void>;
  close(): Promise<void>;
}

export interface ContractSuite {
  backend: BackendName & keyof typeof CAPABILITIES;
  create(): Promise<BackendUnderTest>;
  /** Scenario → why this backend cannot have it, and the verb that it refuses instead, if any. */
  optOuts: Partial<Record<Scenario, { because: string; refuses?: Verb }>>;
}

/** These need a unit that runs. */
const LIVE: ReadonlySet<Verb> = new Set<Verb>([
  'terminal',
  'listFiles',
  'openFile',
  'writeFile',
  'deleteFile',
]);

const SCENARIOS = {
  unknownId: '1: a probe of a workspace that never was answers gone',
  stopTwice: '2: stopping an unknown workspace succeeds, twice',
  lifecycle: '5: a started unit runs, a stopped one is gone',
  replace: '6: a start while the unit runs leaves one agent, the new one',
  failedStart: '7: a start that fails leaves nothing, and tells people no details',
  twoRestarts: '8: two equal restarts at once are one',
  serialised: '9: verbs on one workspace follow each other',
  noConfig: '19: a workspace without config.yaml is refused as such',
  token: '17: the token is there with mode 0600 before the first instruction of the agent',
  config: '18: every config file is there before the first instruction of the agent',
  killed: '15: an agent that is killed from outside is told once and probed as gone',
  quietStop: 'a stop that was asked for is not told as an exit',
  traversal: '21: a config path outside /configs is refused and writes nothing',
  writeStopped: '24: a config file written while stopped is there at the next start',
  prune: 'stopAndPrune erases what the unit kept; removeVolumes refuses while it runs',
  listed: '28: units are listed with their state',
  brokenList: '30: a list that fails is no list',
  noPlatformSecret: '35: no platform secret reaches the agent',
  liveFiles: '22: a file written into a running unit reads back byte for byte, is listed, and can be deleted',
  liveTraversal: '21: a live path outside its root is refused on every file verb',
  liveStopped: 'the live folders of a stopped unit answer that it is not running',
  terminal: 'a terminal gives back what its shell prints, takes a new size, and ends with the shell',
  terminalStopped: 'a terminal needs a unit that runs',
  bootLog: 'the boot log tells of the start, and goes on after a cursor',
  sessionReset: 'a session reset drops what was saved, once for each reset that is asked for',
  carried: 'what a unit keeps is carried to another backend and back, byte for byte',
  carryFails: 'a carry that fails loses nothing, and can be repeated',
  hostileArchives:
    '21: no archive reaches beyond the folder that it is unpacked in, and what it may bring is there',
  adopted: '38: after a restart of the server the unit is taken over, not doubled',
} as const;
export type Scenario = keyof typeof SCENARIOS;

/** The row of the parity matrix that each scenario stands behind. */
const FEATURE_OF: Record<Scenario, string> = {
  unknownId: 'probes',
  stopTwice: 'stops',
  lifecycle: 'starts',
  replace: 'starts',
  failedStart: 'starts',
  twoRestarts: 'restarts',
  serialised: 'restarts',
  noConfig: 'delivery',
  token: 'delivery',
  config: 'delivery',
  killed: 'probes',
  quietStop: 'stops',
  traversal: 'config',
  writeStopped: 'config',
  prune: 'stops',
  listed: 'probes',
  brokenList: 'probes',
  noPlatformSecret: 'delivery',
  liveFiles: 'live',
  liveTraversal: 'live',
  liveStopped: 'live',
  terminal: 'shell',
  terminalStopped: 'shell',
  bootLog: 'output',
  sessionReset: 'sessions',
  carried: 'carries',
  carryFails: 'carries',
  hostileArchives: 'carries',
  adopted: 'adoption',
};

export function specOf(workspaceId: string, change: Partial<WorkspaceSpec> = {}): WorkspaceSpec {
  return {
    workspaceId,
    name: 'Test role',
    runtime: 'rehearsal',
    engine: 'rehearsal',
    tier: 2,
    parentId: null,
    configFiles: { 'config.yaml': 'name: Test role\n', 'prompts/system.md': 'Be kind.\r\n' },
    env: {},
    authToken: 'token-of-a-test',
    workspaceDir: null,
    workspaceAccess: 'none',
    ...change,
  };
}

export function urlOf(result: StartResult): string {
  if (result.outcome !== 'started') throw new Error(`not started: ${JSON.stringify(result)}`);
  return result.url;
}

export function describeBackend({ backend, create, optOuts }: ContractSuite): void {
  describe(`the ${backend} backend`, () => {
    let under: BackendUnderTest;
    let dispatcher: Dispatcher;
    let id: string;

    beforeEach(async () => {
      under = await create();
      dispatcher = under.dispatcher;
      id = crypto.randomUUID();
    });
    afterEach(() => under.close());

    function scenario(name: Scenario, test: () => Promise<void>, limitMs = 30_000): void {
      const optOut = optOuts[name];
      const mark = (declined: Verb | null = null) => cellMark(FEATURE_OF[name], backend, declined);
      if (optOut === undefined) it(`${SCENARIOS[name]} ${mark()}`, test, limitMs);
      else if (optOut.refuses) {
        const { because, refuses } = optOut;
        it(`refuses ${refuses} instead of "${SCENARIOS[name]}": ${because} ${mark(refuses)}`, () =>
          expectDeclined(refuses));
      }
    }

    /** Files by their paths, with their content. */
    async function keptIn(folder: 'configs' | 'workspace' | 'sessions'): Promise<Record<string, string>> {
      const found: Record<string, string> = {};
      await dispatcher.packFolder(id, backend, folder, ({ tar }) =>
        eachEntry(tar, async (header, content) => {
          const chunks: Buffer[] = [];
          for await (const chunk of content) chunks.push(chunk as Buffer);
          if ((header.mode ?? 0) > 0o777) found[header.name] = 'with rights of others';
          else if (header.type === 'file') found[header.name] = Buffer.concat(chunks).toString('utf8');
        }),
      );
      return found;
    }

    it('has a reason for each scenario that it leaves out', () => {
      for (const { because } of Object.values(optOuts)) expect(because.length).toBeGreaterThan(20);
    });

    async function expectDeclined(verb: Verb): Promise<void> {
      expect(CAPABILITIES[backend][verb]).toEqual(expect.any(String));
      const error = await ask(dispatcher, verb, id, backend).catch((thrown: unknown) => thrown);
      const code = error instanceof Fault ? error.code.toLowerCase() : (error as { code?: string }).code;
      expect(code).toBe('unsupported_on_backend');
    }

    it(`answers every verb of the table, or refuses it as unsupported ${cellMark('verbs', backend)}`, async () => {
      for (const verb of VERBS) {
        if (CAPABILITIES[backend][verb] === null) {
          if (LIVE.has(verb)) await dispatcher.start(specOf(id), backend);
          await ask(dispatcher, verb, id, backend);
        } else await expectDeclined(verb);
      }
    });

    it('says what it can do and what a workspace is kept in', async () => {
      const health = (await dispatcher.health())[backend];
      expect(health?.isOk).toBe(true);
      expect(health?.isolation).not.toBe('');
      expect(health?.capabilities).toEqual(VERBS.filter((verb) => CAPABILITIES[backend][verb] === null));
    });

    scenario('unknownId', async () => {
      expect(await dispatcher.probe(id, backend)).toBe('gone');
      expect(await dispatcher.probe('not an id', backend)).toBe('gone');
    });

    scenario('stopTwice', async () => {
      await dispatcher.stop(id, backend);
      await dispatcher.stop(id, backend);
    });

    scenario('lifecycle', async () => {
      const result = await dispatcher.start(specOf(id), backend);
      expect(urlOf(result)).toMatch(/^http:\/\/127(\.\d+){3}:\d+/);
      expect(await dispatcher.probe(id, backend)).toBe('running');
      await dispatcher.stop(id, backend);
      expect(await dispatcher.probe(id, backend)).toBe('gone');
      expect(await under.countAgents(id)).toBe(0);
    });

    scenario('replace', async () => {
      await dispatcher.start(specOf(id, { env: { ROUND: '1' } }), backend);
      await dispatcher.start(specOf(id, { env: { ROUND: '2' } }), backend);
      expect((await under.seenByAgent(id)).env.ROUND).toBe('2');
      expect(await under.countAgents(id)).toBe(1);
    });

    scenario('failedStart', async () => {
      under.breakStarts();
      const result = await dispatcher.start(specOf(id), backend);
      expect(result).toMatchObject({ outcome: 'failed', code: expect.stringMatching(/^[a-z_]+$/) });
      expect(JSON.stringify(result)).not.toMatch(/\/|Error|ENOENT/);
      expect(await dispatcher.probe(id, backend)).toBe('gone');
      expect(await under.countAgents(id)).toBe(0);
    });

    scenario('twoRestarts', async () => {
      const spec = specOf(id);
      const exits = collectExits(dispatcher);
      const [first, second] = await Promise.all([
        dispatcher.restart(spec, backend),
        dispatcher.restart({ ...spec }, backend),
      ]);
      expect(urlOf(second)).toBe(urlOf(first));
      await under.seenByAgent(id);
      expect(await under.countAgents(id)).toBe(1);
      expect(exits).toEqual([]);
    });

    scenario('serialised', async () => {
      const spec = specOf(id);
      await Promise.all([
        dispatcher.start(spec, backend),
        dispatcher.restart(spec, backend),
        dispatcher.stop(id, backend),
      ]);
      expect(await dispatcher.probe(id, backend)).toBe('gone');
      expect(await under.countAgents(id)).toBe(0);
    });

    scenario('noConfig', async () => {
      const result = await dispatcher.start(specOf(id, { configFiles: {} }), backend);
      expect(result).toMatchObject({ outcome: 'failed', code: 'config_missing' });
      expect(await under.countAgents(id)).toBe(0);
    });

    scenario('token', async () => {
      await dispatcher.start(specOf(id), backend);
      const seen = await under.seenByAgent(id);
      expect(seen.tokenMode).toBe('600');
      expect(seen.configs).toContainEqual(['.auth_token', 'token-of-a-test']);
    });

    scenario('config', async () => {
      await dispatcher.start(specOf(id), backend);
      const { configs } = await under.seenByAgent(id);
      expect(configs).toContainEqual(['config.yaml', 'name: Test role\n']);
      expect(configs.map(([path]) => path)).toContain('prompts/system.md');
    });

    scenario('killed', async () => {
      const exits = collectExits(dispatcher);
      await dispatcher.start(specOf(id), backend);
      await under.killFromOutside(id);
      await expect.poll(() => exits, { timeout: 5_000 }).toEqual([[id, { code: null, signal: 'SIGKILL' }]]);
      expect(await dispatcher.probe(id, backend)).toBe('gone');
    });

    scenario('quietStop', async () => {
      const exits = collectExits(dispatcher);
      await dispatcher.start(specOf(id), backend);
      await dispatcher.restart(specOf(id), backend);
      await dispatcher.stop(id, backend);
      expect(exits).toEqual([]);
    });

    scenario('traversal', async () => {
      for (const path of ['../out', '/etc/out', '', 'a/../../out', '..']) {
        const written = dispatcher.writeConfigFiles(id, backend, { 'fine.md': 'fine', [path]: 'bad' });
        await expect(written).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
        expect(await dispatcher.readConfigFile(id, backend, 'fine.md')).toBeNull();
      }
    });

    scenario('writeStopped', async () => {
      await dispatcher.start(specOf(id), backend);
      await dispatcher.stop(id, backend);
      await dispatcher.writeConfigFiles(id, backend, { 'notes/later.md': 'written while stopped' });
      expect(await dispatcher.readConfigFile(id, backend, 'notes/later.md')).toBe('written while stopped');
      await dispatcher.start(specOf(id), backend);
      expect((await under.seenByAgent(id)).configs).toContainEqual([
        'notes/later.md',
        'written while stopped',
      ]);
    });

    scenario('prune', async () => {
      await dispatcher.start(specOf(id), backend);
      await expect(dispatcher.removeVolumes(id, backend)).rejects.toMatchObject({ code: 'CONFLICT' });
      expect(await dispatcher.probe(id, backend)).toBe('running');
      await dispatcher.stopAndPrune(id, backend);
      expect(await dispatcher.readConfigFile(id, backend, 'config.yaml')).toBeNull();
      expect(await under.countAgents(id)).toBe(0);
    });

    scenario('listed', async () => {
      await dispatcher.start(specOf(id), backend);
      const units = await dispatcher.listUnits();
      expect(units).toContainEqual({
        workspaceId: id,
        backend,
        state: 'running',
        createdAt: expect.any(Number),
      });
    });

    scenario('brokenList', async () => {
      await dispatcher.start(specOf(id), backend);
      await under.seenByAgent(id);
      await under.breakListing();
      expect(await dispatcher.listUnits()).toBeNull();
      expect(await under.countAgents(id)).toBe(1);
    });

    scenario('noPlatformSecret', async () => {
      const env = { ADMIN_TOKEN: 'x', NODE_OPTIONS: '--inspect', LD_PRELOAD: 'x', MINE: 'mine' };
      await dispatcher.start(specOf(id, { env }), backend);
      const names = Object.keys((await under.seenByAgent(id)).env);
      expect(names).toContain('MINE');
      expect(names).not.toEqual(
        expect.arrayContaining([expect.stringMatching(/ADMIN_TOKEN|NODE_OPTIONS|LD_/)]),
      );
    });

    scenario('liveFiles', async () => {
      await dispatcher.start(specOf(id), backend);
      const bytes = Uint8Array.from({ length: 70_000 }, (_, i) => (i * 7) % 256);
      for (const root of ['workspace', 'home', 'configs'] as const) {
        const at = (path: string) => ({ root, path });
        await dispatcher.writeFile(id, backend, at('a/b c/ü.bin'), bytes);
        await dispatcher.writeFile(id, backend, at('a/empty'), new Uint8Array());
        await dispatcher.writeFile(id, backend, at('.git/hidden'), bytes);
        expect(await readAll(await dispatcher.openFile(id, backend, at('a/b c/ü.bin')))).toEqual(bytes);
        expect(await readAll(await dispatcher.openFile(id, backend, at('a/empty')))).toEqual(
          new Uint8Array(),
        );
        expect(await dispatcher.listFiles(id, backend, at('a'), 5)).toEqual([
          { path: 'b c', sizeBytes: 0, isFolder: true },
          { path: 'b c/ü.bin', sizeBytes: bytes.byteLength, isFolder: false },
          { path: 'empty', sizeBytes: 0, isFolder: false },
        ]);
        const top = await dispatcher.listFiles(id, backend, at(''), 1);
        expect(top).toContainEqual({ path: 'a', sizeBytes: 0, isFolder: true });
        expect(top?.map(({ path }) => path)).not.toContain('.git');
        expect(await dispatcher.openFile(id, backend, at('nothing'))).toBeNull();
        expect(await dispatcher.listFiles(id, backend, at('nothing'), 1)).toBeNull();
        await expect(dispatcher.openFile(id, backend, at('a'))).rejects.toMatchObject({
          code: 'INVALID_REQUEST',
        });
        expect(await dispatcher.deleteFile(id, backend, at('a'))).toBe(true);
        expect(await dispatcher.deleteFile(id, backend, at('a'))).toBe(false);
        expect(await dispatcher.openFile(id, backend, at('a/empty'))).toBeNull();
      }
    });

    scenario('liveTraversal', async () => {
      await dispatcher.start(specOf(id), backend);
      for (const path of ['../out', '/etc/out', 'a/../../out', '..', '.', 'a//b', 'a/', 'a/./b', 'a\0b']) {
        const place = { root: 'workspace', path } as const;
        for (const ask of [
          () => dispatcher.writeFile(id, backend, place, new Uint8Array([1])),
          () => dispatcher.openFile(id, backend, place),
          () => dispatcher.deleteFile(id, backend, place),
          () => dispatcher.listFiles(id, backend, place, 1),
        ]) {
          await expect(ask()).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
        }
      }
      const nowhere = { root: 'workspace', path: '' } as const;
      await expect(dispatcher.deleteFile(id, backend, nowhere)).rejects.toMatchObject({
        code: 'INVALID_REQUEST',
      });
    });

    scenario('liveStopped', async () => {
      await dispatcher.start(specOf(id), backend);
      await dispatcher.stop(id, backend);
      const place = { root: 'workspace', path: 'a' } as const;
      const code = { code: 'NOT_RUNNING' };
      await expect(dispatcher.listFiles(id, backend, place, 1)).rejects.toMatchObject(code);
      await expect(dispatcher.openFile(id, backend, place)).rejects.toMatchObject(code);
      await expect(dispatcher.writeFile(id, backend, place, new Uint8Array())).rejects.toMatchObject(code);
      await expect(dispatcher.deleteFile(id, backend, place)).rejects.toMatchObject(code);
    });

    scenario('terminal', async () => {
      await dispatcher.start(specOf(id), backend);
      const session = await dispatcher.terminal(id, backend, 80, 24);
      let printed = '';
      let isOver = false;
      session.onOutput((bytes) => {
        printed += Buffer.from(bytes).toString('utf8');
      });
      session.onExit(() => {
        isOver = true;
      });
      session.resize(100, 30);
      session.write(Buffer.from('echo wörter\n'));
      await expect.poll(() => printed, { timeout: 10_000 }).toContain('wörter');
      session.write(Buffer.from('exit\n'));
      await expect.poll(() => isOver, { timeout: 10_000 }).toBe(true);
    });

    scenario('terminalStopped', async () => {
      await dispatcher.start(specOf(id), backend);
      await dispatcher.stop(id, backend);
      await expect(dispatcher.terminal(id, backend, 80, 24)).rejects.toMatchObject({ code: 'NOT_RUNNING' });
    });

    scenario('bootLog', async () => {
      await dispatcher.start(specOf(id), backend);
      const query = { source: 'boot', tail: 100 } as const;
      const first = await dispatcher.logs(id, backend, query);
      expect(first.lines.length).toBeGreaterThan(0);
      const next = await dispatcher.logs(id, backend, { ...query, after: first.cursor });
      expect([next.lines, next.cursor]).toEqual([[], first.cursor]);
    });

    scenario('sessionReset', async () => {
      const startAt = async (sessionResetAt: number | null) => {
        urlOf(await dispatcher.start(specOf(id, { sessionResetAt }), backend));
        return (await under.seenByAgent(id)).sessions;
      };
      expect(await startAt(null)).toEqual([]);
      expect(await startAt(null)).toEqual(['saved']);
      expect(await startAt(1_000)).toEqual([]);
      expect(await startAt(1_000)).toEqual(['saved']);
      expect(await startAt(2_000)).toEqual([]);
    });

    scenario('carried', async () => {
      const other = backend === 'fake' ? 'process' : 'fake';
      const bytes = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 11) % 256);
      const at = (path: string) => ({ root: 'workspace', path }) as const;
      urlOf(await dispatcher.start(specOf(id, { sessionResetAt: 1_000 }), backend));
      await under.seenByAgent(id);
      await dispatcher.writeFile(id, backend, at('a/b c/ü.bin'), bytes);
      await dispatcher.writeFile(id, backend, at('a/empty'), new Uint8Array());
      await dispatcher.writeFile(id, backend, { root: 'configs', path: 'own/notes.md' }, Buffer.from('mine'));
      await dispatcher.carry(id, backend, other);
      expect(await dispatcher.probe(id, backend)).toBe('gone');
      expect(await under.countAgents(id)).toBe(0);
      expect(await dispatcher.readConfigFile(id, other, 'own/notes.md')).toBe('mine');
      await dispatcher.carry(id, other, backend);
      // What the tenant gave before and gives no more does not come back with what the agent wrote.
      const given = { 'config.yaml': 'name: Moved\n' };
      urlOf(await dispatcher.start(specOf(id, { configFiles: given, sessionResetAt: 1_000 }), backend));
      const { configs, sessions, tokenMode } = await under.seenByAgent(id);
      expect(new Map(configs).get('config.yaml')).toBe('name: Moved\n');
      expect(new Map(configs).get('own/notes.md')).toBe('mine');
      expect([tokenMode, sessions]).toEqual(['600', ['saved']]);
      if (backend !== 'fake') {
        const { lines } = await dispatcher.logs(id, backend, { source: 'boot', tail: 500 });
        expect(lines.filter(({ text }) => text.includes('started')).length).toBeGreaterThanOrEqual(2);
      }
      expect(await readAll(await dispatcher.openFile(id, backend, at('a/b c/ü.bin')))).toEqual(bytes);
      expect(await readAll(await dispatcher.openFile(id, backend, at('a/empty')))).toEqual(new Uint8Array());
    });

    scenario('carryFails', async () => {
      const other = backend === 'fake' ? 'process' : 'fake';
      const place = { root: 'workspace', path: 'kept' } as const;
      urlOf(await dispatcher.start(specOf(id), backend));
      await dispatcher.writeFile(id, backend, place, Buffer.from('kept'));
      under.fake.failures.set('carry', new Error('no room'));
      await expect(dispatcher.carry(id, backend, other)).rejects.toThrow('no room');
      expect(await dispatcher.probe(id, backend)).toBe('gone');
      under.fake.failures.clear();
      await dispatcher.carry(id, backend, other);
      await dispatcher.carry(id, backend, other);
      await dispatcher.carry(id, other, backend);
      urlOf(await dispatcher.start(specOf(id), backend));
      expect(Buffer.from((await readAll(await dispatcher.openFile(id, backend, place))) ?? [])).toEqual(
        Buffer.from('kept'),
      );
    });

    scenario(
      'hostileArchives',
      async () => {
        const planted = [{ name: 'kept', content: 'kept' }];
        const foldersBeside = ['sessions', 'configs'] as const;
        for (const folder of foldersBeside) {
          await dispatcher.unpackFolder(id, backend, folder, tarOf(planted));
        }
        for (const { name, entries, brings } of HOSTILE_ARCHIVES) {
          const unpacking = dispatcher.unpackFolder(id, backend, 'workspace', tarOf(entries));
          const code = await unpacking.then(
            () => 'taken',
            (error: { code?: string }) => error.code,
          );
          expect([name, code]).toEqual([name, brings ? 'taken' : 'INVALID_REQUEST']);
          if (brings) expect(await keptIn('workspace')).toMatchObject(brings);
        }
        for (const folder of foldersBeside) expect(await keptIn(folder)).toEqual({ kept: 'kept' });
      },
      180_000,
    );

    scenario('adopted', async () => {
      await dispatcher.start(specOf(id), backend);
      await under.seenByAgent(id);
      const next = await under.restartServer();
      expect(await next.listUnits()).toContainEqual(
        expect.objectContaining({ workspaceId: id, state: 'running' }),
      );
      expect(await next.probe(id, backend)).toBe('running');
      expect(await under.countAgents(id)).toBe(1);
      await next.restart(specOf(id), backend);
      await under.seenByAgent(id);
      expect(await under.countAgents(id)).toBe(1);
      await next.stop(id, backend);
      expect(await under.countAgents(id)).toBe(0);
    });
  });
}

function tarOf(entries: readonly HostileEntry[]): Readable {
  const tar = pack();
  for (const { content, ...header } of entries) tar.entry(header, content ?? '');
  tar.finalize();
  return tar as unknown as Readable;
}

async function readAll(file: OpenFile | null): Promise<Uint8Array | null> {
  if (!file) return null;
  const chunks: Uint8Array[] = [];
  for await (const chunk of file.content) chunks.push(chunk as Uint8Array);
  return new Uint8Array(Buffer.concat(chunks));
}

function collectExits(dispatcher: Dispatcher): [string, UnitExit][] {
  const exits: [string, UnitExit][] = [];
  dispatcher.onExit((workspaceId, exit) => exits.push([workspaceId, exit]));
  return exits;
}

/** Every verb once. A start that ends without a unit counts as its code. */
async function ask(dispatcher: Dispatcher, verb: Verb, id: string, backend: BackendName): Promise<unknown> {
  switch (verb) {
    case 'start':
    case 'restart': {
      const result = await dispatcher[verb](specOf(id), backend);
      if (result.outcome === 'failed') return Promise.reject(result);
      return result;
    }
    case 'logs':
      return dispatcher.logs(id, backend, { source: 'runtime', tail: 10 });
    case 'terminal':
      return (await dispatcher.terminal(id, backend, 80, 24)).close();
    case 'writeAuthToken':
      return dispatcher.writeAuthToken(id, backend, 'another token');
    case 'writeConfigFiles':
      return dispatcher.writeConfigFiles(id, backend, { 'a.md': 'a' });
    case 'readConfigFile':
      return dispatcher.readConfigFile(id, backend, 'a.md');
    case 'listFiles':
      return dispatcher.listFiles(id, backend, { root: 'workspace', path: '' }, 1);
    case 'openFile':
      return dispatcher.openFile(id, backend, { root: 'workspace', path: 'a' });
    case 'writeFile':
      return dispatcher.writeFile(id, backend, { root: 'workspace', path: 'a' }, new Uint8Array());
    case 'deleteFile':
      return dispatcher.deleteFile(id, backend, { root: 'workspace', path: 'a' });
    case 'carry':
      return dispatcher.carry(id, backend, backend === 'fake' ? 'process' : 'fake');
    case 'listUnits':
    case 'health':
      return dispatcher[verb]();
    case 'removeVolumes':
      await dispatcher.stop(id, backend);
      return dispatcher.removeVolumes(id, backend);
    case 'stop':
    case 'stopAndPrune':
    case 'probe':
    case 'console':
      return dispatcher[verb](id, backend);
  }
}
