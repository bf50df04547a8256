// Import organisation: brings an archive in, in the order in which it is read.
//
//   I1. What is there already is left as it is: the same archive twice is the same as once, and one that was broken off is
//       sent again.
//   I2. Workspaces come paused: nothing starts before its files are there and its secrets are set.
//   I3. Records and files come in for workspaces of the archive only.
//   I4. A dry run reads and checks everything, and writes nothing.
//   I5. One import at a time.

import { PassThrough, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { leaving } from '@molecule/contracts';
import { faults, type WorkspaceState } from '@molecule/domain';
import { type Pack, pack } from 'tar-stream';
import { importMemories, type MemoryDeps } from '../memories/index.ts';
import { type CreateDeps, commitNewWorkspace } from '../workspaces/index.ts';
import type { ArchiveRows } from './archive-rows.ts';
import { ARCHIVED_TABLES } from './archived-tables.ts';
import { type ChartEntry, chartEntry, stateFrom } from './chart-entry.ts';
import { hasUnit } from './export-organisation.ts';
import { type ArchiveLimits, END, MANIFEST, manifest, SECRETS, secretNames } from './org-archive.ts';
import { type ArchiveEntry, notAnExport, readArchive } from './read-archive.ts';
import { UNIT_FOLDERS, type UnitFolder, type UnitFolders } from './unit-folders.ts';

export interface ImportDeps extends CreateDeps {
  rows: ArchiveRows;
  memories: MemoryDeps;
  folders: UnitFolders;
  limits: ArchiveLimits;
}

const UNIT_ENTRY = /^units\/([0-9a-f-]{36})\/(configs|workspace|sessions)\/(.*)$/;
const ROWS_ENTRY = /^rows\/([a-z_]+)\/\d+\.ndjson$/;
const MAX_WARNINGS = 100;

export async function importOrganisation(
  deps: ImportDeps,
  actor: string,
  body: Readable,
  isDryRun: boolean,
): Promise<leaving.ImportReport> {
  const run = new ImportRun(deps, actor, isDryRun);
  try {
    await readArchive(body, deps.limits, (entry) => run.take(entry));
  } finally {
    await run.end();
  }
  return run.report;
}

class ImportRun {
  readonly #deps: ImportDeps;
  readonly #actor: string;
  readonly #isDryRun: boolean;
  /** Workspaces of the archive. */
  readonly #chart = new Map<string, WorkspaceState>();
  #isBegun = false;
  #unpacking: Unpacking | null = null;
  readonly report: leaving.ImportReport;

  constructor(deps: ImportDeps, actor: string, isDryRun: boolean) {
    this.#deps = deps;
    this.#actor = actor;
    this.#isDryRun = isDryRun;
    this.report = {
      dry_run: isDryRun,
      workspaces: { made: 0, already_there: 0 },
      rows: {},
      memories: { imported: 0, skipped: 0, errors: 0 },
      files: 0,
      bytes: 0,
      secrets_to_set: [],
      warnings: [],
    };
  }

  async take(entry: ArchiveEntry): Promise<void> {
    const { name } = entry;
    if (!this.#isBegun) return this.#begin(entry);
    const unit = UNIT_ENTRY.exec(name);
    if (unit) return this.#file(entry, unit[1] ?? '', unit[2] as UnitFolder, unit[3] ?? '');
    await this.#closeUnit();
    const rows = ROWS_ENTRY.exec(name);
    if (rows) return this.#rows(entry, rows[1] ?? '');
    if (name === SECRETS) this.report.secrets_to_set = parsed(secretNames, await json(entry), name);
    else if (name.startsWith('chart/')) await this.#workspace(parsed(chartEntry, await json(entry), name));
    else if (name.startsWith('memories/')) await this.#memories(await linesOf(entry));
    else if (name !== END) throw notAnExport(`it has an entry that nobody knows: ${name.slice(0, 100)}`);
  }

  /** Also after a failure: what was half unpacked is left to the next import. */
  async end(): Promise<void> {
    const open = this.#unpacking;
    this.#unpacking = null;
    await open?.giveUp();
  }

  async #begin(entry: ArchiveEntry): Promise<void> {
    if (entry.name !== MANIFEST) throw notAnExport(`it does not begin with ${MANIFEST}`);
    parsed(manifest, await json(entry), MANIFEST);
    this.#isBegun = true;
  }

  /** I1, I2. */
  async #workspace(entry: ChartEntry): Promise<void> {
    const { directory, backends, rows } = this.#deps;
    const { state, warnings } = stateFrom(entry, backends[0] ?? 'none');
    for (const warning of warnings) this.#warn(warning);
    const known = directory.get(state.id);
    if (known?.status === 'removed') {
      throw faults.conflict(`the workspace ${state.id} was removed here; purge it before it comes back`);
    }
    if (known) {
      this.#chart.set(state.id, known);
      this.report.workspaces.already_there++;
      return;
    }
    const { parentId } = state;
    if (parentId !== null && !this.#chart.has(parentId)) {
      throw notAnExport('a workspace comes before the one above it');
    }
    this.#chart.set(state.id, state);
    this.report.workspaces.made++;
    if (this.#isDryRun) return;
    const plan = { state, warnings: [] };
    await commitNewWorkspace(this.#deps, this.#actor, plan, { files: {} }, (tx) =>
      rows.keepFiles(tx, state.id, entry.files),
    );
  }

  /** I3. */
  async #rows(entry: ArchiveEntry, name: string): Promise<void> {
    const table = ARCHIVED_TABLES.find((known) => known.name === name);
    if (!table) throw notAnExport(`it has records that nobody knows: ${name.slice(0, 100)}`);
    const lines = await linesOf(entry);
    const ids = [...this.#chart.keys()];
    const count = this.#isDryRun ? lines.length : await this.#deps.rows.insert(table, lines, ids);
    this.report.rows[name] = (this.report.rows[name] ?? 0) + count;
  }

  async #memories(lines: readonly string[]): Promise<void> {
    const rows = lines.map((line) => JSON.parse(line) as unknown);
    const { memories } = this.report;
    if (this.#isDryRun) {
      memories.imported += rows.length;
      return;
    }
    const { imported, skipped, errors } = await importMemories(this.#deps.memories, rows);
    memories.imported += imported;
    memories.skipped += skipped;
    memories.errors += errors;
    if (errors > 0) this.#warn(`${errors} memories could not be taken`);
  }

  async #file(entry: ArchiveEntry, id: string, folder: UnitFolder, path: string): Promise<void> {
    const workspace = this.#chart.get(id);
    if (!workspace) throw notAnExport('it has files of a workspace that is not in its chart');
    const isFile = (entry.header.type ?? 'file') === 'file';
    if (isFile) this.report.files++;
    this.report.bytes += entry.header.size ?? 0;
    if (this.#isDryRun || !UNIT_FOLDERS.includes(folder)) return;
    if (!hasUnit(workspace)) {
      this.#warn(`the files of ${workspace.name} stay in the archive: nothing here can run it`);
      return;
    }
    if (this.#unpacking?.isOf(id, folder) !== true) {
      await this.#closeUnit();
      this.#unpacking = new Unpacking(this.#deps.folders, workspace, folder);
    }
    await this.#unpacking?.add(entry, path);
  }

  async #closeUnit(): Promise<void> {
    const open = this.#unpacking;
    this.#unpacking = null;
    await open?.finish();
  }

  #warn(sentence: string): void {
    const { warnings } = this.report;
    if (warnings.length < MAX_WARNINGS && !warnings.includes(sentence)) warnings.push(sentence);
  }
}

/** One folder of one unit, written while its entries are read. */
class Unpacking {
  readonly #id: string;
  readonly #folder: UnitFolder;
  readonly #tar: Pack = pack();
  readonly #done: Promise<void>;
  readonly #failed: Promise<never>;

  constructor(folders: UnitFolders, workspace: WorkspaceState, folder: UnitFolder) {
    this.#id = workspace.id;
    this.#folder = folder;
    this.#done = folders.unpack(workspace, folder, this.#tar.pipe(new PassThrough()));
    this.#failed = new Promise((_, reject) => {
      this.#done.then(() => reject(new Error('the folder was closed before its last file')), reject);
    });
    this.#failed.catch(() => undefined);
  }

  isOf(id: string, folder: UnitFolder): boolean {
    return this.#id === id && this.#folder === folder;
  }

  async add({ header, content }: ArchiveEntry, path: string): Promise<void> {
    const prefix = `units/${this.#id}/${this.#folder}/`;
    const linkname =
      header.type === 'link' && header.linkname?.startsWith(prefix)
        ? header.linkname.slice(prefix.length)
        : header.linkname;
    const { type = 'file', size = 0, mode, mtime } = header;
    const next = {
      name: path,
      type,
      ...(mode === undefined ? {} : { mode }),
      ...(mtime ? { mtime } : {}),
      ...(linkname ? { linkname } : {}),
      ...(type === 'file' ? { size } : {}),
    };
    const writing =
      type === 'file' && size > 0
        ? pipeline(content, this.#tar.entry(next))
        : new Promise<void>((resolve, reject) => {
            const done = (error?: Error | null) => (error ? reject(error) : resolve());
            if (type === 'file') this.#tar.entry(next, Buffer.alloc(0), done);
            else this.#tar.entry(next, done);
          });
    await Promise.race([writing, this.#failed]);
  }

  async finish(): Promise<void> {
    this.#tar.finalize();
    await this.#done;
  }

  async giveUp(): Promise<void> {
    this.#tar.destroy();
    await this.#done.catch(() => undefined);
  }
}

async function json(entry: ArchiveEntry): Promise<unknown> {
  try {
    return JSON.parse(await entry.text());
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw notAnExport(`${entry.name.slice(0, 100)} is no JSON`, error);
  }
}

async function linesOf(entry: ArchiveEntry): Promise<string[]> {
  const lines = (await entry.text()).split('\n').filter((line) => line !== '');
  try {
    for (const line of lines) JSON.parse(line);
  } catch (error) {
    throw notAnExport(`${entry.name.slice(0, 100)} is no JSON`, error);
  }
  return lines;
}

function parsed<T>(
  schema: { safeParse(value: unknown): { success: true; data: T } | { success: false; error: Error } },
  value: unknown,
  name: string,
): T {
  const result = schema.safeParse(value);
  if (!result.success) throw notAnExport(`${name.slice(0, 100)} is not as it has to be`, result.error);
  return result.data;
}
