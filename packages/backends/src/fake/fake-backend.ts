// Fake backend: units in memory, for tests. Its controls script failures and show what was asked.

import { Readable } from 'node:stream';
import { faults, unseenIsolation } from '@molecule/domain';
import type { Loop } from '@molecule/kit';
import { plainPath } from '../archive-names.ts';
import type {
  Backend,
  BackendHealth,
  ExitListener,
  LogLines,
  LogQuery,
  Probe,
  TerminalSession,
  Unit,
  UnitExit,
  UnitHandle,
  WorkspaceSpec,
} from '../backend.ts';
import { type CarriedFolder, eachEntry, type FolderArchive, TarWriter } from '../folder-archive.ts';
import {
  type FileEntry,
  type FilePlace,
  folderParts,
  isHidden,
  type OpenFile,
  pathParts,
} from '../unit-file.ts';
import type { Verb } from '../verbs.ts';

const RESET_MARK = '.reset';

export class FakeControls {
  readonly units = new Map<string, { spec: WorkspaceSpec; createdAt: number }>();
  readonly calls: string[] = [];
  readonly exitListeners: ExitListener[] = [];
  /** Thrown by the calls of a verb until it is removed. */
  readonly failures = new Map<Verb, Error>();
  /** What a probe answers instead of the truth. */
  readonly probeAnswers = new Map<string, Probe>();
  /** What each workspace keeps below /configs, running or not. */
  readonly configs = new Map<string, Map<string, string>>();
  /** What each running unit holds: root and path, joined by a slash. */
  readonly liveFiles = new Map<string, Map<string, Uint8Array>>();
  /** What each workspace saved of its sessions: name and content. */
  readonly sessions = new Map<string, Map<string, string>>();
  readonly printed = new Map<string, string[]>();
  /** What was carried here of the logs of earlier runs: name and content. */
  readonly log = new Map<string, Map<string, string>>();
  /** Awaited inside a start, so that tests can hold it. */
  duringStart: (spec: WorkspaceSpec, signal: AbortSignal) => Promise<void> = async () => {};
  urlOf: (spec: WorkspaceSpec) => string = (spec) => `http://127.0.0.1:1/${spec.workspaceId}`;

  /** The unit ends by itself. */
  kill(workspaceId: string, exit: UnitExit = { code: null, signal: 'SIGKILL' }): void {
    this.units.delete(workspaceId);
    for (const listener of this.exitListeners) listener(workspaceId, exit);
  }
}

export class FakeBackend implements Backend {
  readonly kind = 'fake';
  readonly #controls: FakeControls;

  constructor(controls: FakeControls) {
    this.#controls = controls;
  }

  async start(spec: WorkspaceSpec, signal: AbortSignal): Promise<UnitHandle> {
    this.#controls.units.delete(spec.workspaceId);
    this.#note('start', spec.workspaceId);
    if (!spec.configFiles['config.yaml']) throw faults.configMissing('this workspace has no config.yaml');
    await this.#controls.duringStart(spec, signal);
    signal.throwIfAborted();
    await this.writeConfigFiles(spec.workspaceId, { ...spec.configFiles, '.auth_token': spec.authToken });
    this.#resetSessions(spec);
    this.#controls.units.set(spec.workspaceId, { spec, createdAt: Date.now() });
    return {
      url: this.#controls.urlOf(spec),
      isolation: unseenIsolation('unknown', 'fake', spec.tier),
    };
  }

  async stop(workspaceId: string): Promise<void> {
    this.#note('stop', workspaceId);
    this.#controls.units.delete(workspaceId);
  }

  async stopAndPrune(workspaceId: string): Promise<void> {
    this.#note('stopAndPrune', workspaceId);
    this.#controls.units.delete(workspaceId);
    this.#erase(workspaceId);
  }

  async probe(workspaceId: string): Promise<Probe> {
    this.#note('probe', workspaceId);
    const scripted = this.#controls.probeAnswers.get(workspaceId);
    return scripted ?? (this.#controls.units.has(workspaceId) ? 'running' : 'gone');
  }

  async logs(workspaceId: string, { source, tail, after }: LogQuery): Promise<LogLines> {
    this.#note('logs', workspaceId);
    const known = source === 'boot' ? ['started'] : (this.#controls.printed.get(workspaceId) ?? []);
    const fresh = known.slice(Number(after ?? 0));
    return {
      lines: fresh.slice(-tail).map((text) => ({ at: null, stream: 'stdout', text })),
      isTruncated: fresh.length > tail,
      cursor: String(known.length),
    };
  }

  /** Gives back what is written to it; `exit` ends it. */
  async terminal(workspaceId: string): Promise<TerminalSession> {
    this.#live('terminal', workspaceId);
    const onOutput: ((bytes: Uint8Array) => void)[] = [];
    const onExit: (() => void)[] = [];
    const close = () => {
      for (const listener of onExit.splice(0)) listener();
    };
    return {
      onOutput: (listener) => onOutput.push(listener),
      onExit: (listener) => onExit.push(listener),
      write: (bytes) => {
        for (const listener of onOutput) listener(bytes);
        if (Buffer.from(bytes).toString().includes('exit')) close();
      },
      resize: () => {},
      close,
    };
  }

  async console(workspaceId: string): Promise<string> {
    this.#note('console', workspaceId);
    return this.#controls.units.has(workspaceId) ? 'started\n' : '';
  }

  async removeVolumes(workspaceId: string): Promise<void> {
    this.#note('removeVolumes', workspaceId);
    if (this.#controls.units.has(workspaceId)) throw faults.conflict('the workspace is still running');
    this.#erase(workspaceId);
  }

  async writeAuthToken(workspaceId: string, token: string): Promise<void> {
    this.#note('writeAuthToken', workspaceId);
    await this.writeConfigFiles(workspaceId, { '.auth_token': token });
  }

  async writeConfigFiles(workspaceId: string, files: Readonly<Record<string, string>>): Promise<void> {
    this.#note('writeConfigFiles', workspaceId);
    for (const path of Object.keys(files)) {
      if (path === '' || path.startsWith('/') || path.split('/').includes('..'))
        throw faults.invalidRequest('invalid path');
    }
    const kept = this.#controls.configs.get(workspaceId) ?? new Map<string, string>();
    for (const [path, content] of Object.entries(files)) kept.set(path, content);
    this.#controls.configs.set(workspaceId, kept);
  }

  async readConfigFile(workspaceId: string, path: string): Promise<string | null> {
    this.#note('readConfigFile', workspaceId);
    return this.#controls.configs.get(workspaceId)?.get(path) ?? null;
  }

  async listFiles(workspaceId: string, place: FilePlace, depth: number): Promise<FileEntry[] | null> {
    const prefix = `${[place.root, ...folderParts(place.path)].join('/')}/`;
    const under = this.#live('listFiles', workspaceId);
    const found = new Map<string, FileEntry>();
    for (const [path, content] of under) {
      if (!path.startsWith(prefix)) continue;
      const parts = path.slice(prefix.length).split('/');
      if (parts.some(isHidden)) continue;
      for (let i = 1; i <= Math.min(parts.length, depth); i++) {
        const isFolder = i < parts.length;
        const name = parts.slice(0, i).join('/');
        found.set(name, { path: name, sizeBytes: isFolder ? 0 : content.byteLength, isFolder });
      }
    }
    const entries = [...found.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
    return entries.length > 0 || place.path === '' ? entries : null;
  }

  async openFile(workspaceId: string, place: FilePlace): Promise<OpenFile | null> {
    const live = this.#live('openFile', workspaceId);
    const key = keyOf(place);
    const content = live.get(key);
    if (content) return { sizeBytes: content.byteLength, content: Readable.from([Buffer.from(content)]) };
    const isFolder = [...live.keys()].some((path) => path.startsWith(`${key}/`));
    if (isFolder) throw faults.invalidRequest('path is not a regular file');
    return null;
  }

  async writeFile(workspaceId: string, place: FilePlace, content: Uint8Array): Promise<void> {
    this.#live('writeFile', workspaceId).set(keyOf(place), content);
  }

  async deleteFile(workspaceId: string, place: FilePlace): Promise<boolean> {
    const live = this.#live('deleteFile', workspaceId);
    const key = keyOf(place);
    const gone = [...live.keys()].filter((path) => path === key || path.startsWith(`${key}/`));
    for (const path of gone) live.delete(path);
    return gone.length > 0;
  }

  async packFolder(
    workspaceId: string,
    folder: CarriedFolder,
    take: (archive: FolderArchive) => Promise<void>,
  ): Promise<void> {
    this.#note('carry', workspaceId);
    if (this.#controls.units.has(workspaceId)) throw faults.conflict('the workspace is still running');
    const tar = new TarWriter();
    const files = [...this.#kept(workspaceId, folder)];
    const writing = async () => {
      for (const [name, content] of files) {
        await tar.addFile({ name, size: content.byteLength }, Readable.from([content]));
      }
    };
    tar.endAfter(writing());
    await take({ tar: tar.readable, leftOut: () => 0 });
  }

  async unpackFolder(workspaceId: string, folder: CarriedFolder, tar: Readable): Promise<void> {
    this.#note('carry', workspaceId);
    if (this.#controls.units.has(workspaceId)) throw faults.conflict('the workspace is still running');
    const files = await readArchive(tar);
    if (folder === 'workspace') {
      const live = new Map([...files].map(([path, content]) => [`workspace/${path}`, content]));
      this.#controls.liveFiles.set(workspaceId, live);
      return;
    }
    const texts = new Map([...files].map(([path, content]) => [path, content.toString('utf8')]));
    this.#controls[folder].set(workspaceId, texts);
  }

  async listUnits(): Promise<Unit[]> {
    this.#note('listUnits', '');
    return [...this.#controls.units].map(([workspaceId, unit]) => ({
      workspaceId,
      state: 'running',
      createdAt: unit.createdAt,
    }));
  }

  async health(): Promise<BackendHealth> {
    this.#note('health', '');
    return { isOk: true, detail: 'in memory', isolation: 'none: nothing runs' };
  }

  onExit(listener: ExitListener): void {
    this.#controls.exitListeners.push(listener);
  }

  loops(): readonly Loop[] {
    return [];
  }

  #live(verb: Verb, workspaceId: string): Map<string, Uint8Array> {
    this.#note(verb, workspaceId);
    if (!this.#controls.units.has(workspaceId)) throw faults.notRunning();
    const live = this.#controls.liveFiles.get(workspaceId) ?? new Map<string, Uint8Array>();
    this.#controls.liveFiles.set(workspaceId, live);
    return live;
  }

  *#kept(workspaceId: string, folder: CarriedFolder): Generator<[string, Buffer]> {
    if (folder !== 'workspace') {
      for (const [path, text] of this.#controls[folder].get(workspaceId) ?? []) {
        if (path !== '.auth_token') yield [path, Buffer.from(text)];
      }
    }
    for (const [path, content] of this.#controls.liveFiles.get(workspaceId) ?? []) {
      if (path.startsWith(`${folder}/`)) yield [path.slice(folder.length + 1), Buffer.from(content)];
    }
  }

  #resetSessions({ workspaceId, sessionResetAt }: WorkspaceSpec): void {
    const saved = this.#controls.sessions.get(workspaceId) ?? new Map<string, string>();
    this.#controls.sessions.set(workspaceId, saved);
    if (!sessionResetAt || Number(saved.get(RESET_MARK) ?? 0) >= sessionResetAt) return;
    saved.clear();
    saved.set(RESET_MARK, String(sessionResetAt));
  }

  #erase(workspaceId: string): void {
    this.#controls.sessions.delete(workspaceId);
    this.#controls.log.delete(workspaceId);
    this.#controls.liveFiles.delete(workspaceId);
    this.#controls.configs.delete(workspaceId);
    this.#controls.printed.delete(workspaceId);
  }

  #note(verb: Verb, workspaceId: string): void {
    this.#controls.calls.push(`${verb} ${workspaceId}`.trim());
    const failure = this.#controls.failures.get(verb);
    if (failure) throw failure;
  }
}

/** Regular files only. */
async function readArchive(tar: Readable): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  await eachEntry(tar, async ({ name, type }, content) => {
    const chunks: Buffer[] = [];
    for await (const chunk of content) chunks.push(chunk as Buffer);
    if (type === 'file') files.set(plainPath(name), Buffer.concat(chunks));
  });
  return files;
}

function keyOf({ root, path }: FilePlace): string {
  return [root, ...pathParts(path)].join('/');
}
