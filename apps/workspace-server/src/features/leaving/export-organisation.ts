// Export organisation: writes the archive while it is read.
//
//   X1. Nothing is collected: one page of rows or one piece of a file is in memory, and a slow reader slows the writer.
//   X2. No unit runs meanwhile, so what is written is one state of its files.
//   X3. No key, token, session or value of a secret is read for it.

import { PassThrough, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { faults, type WorkspaceState } from '@molecule/domain';
import type { Clock, Log } from '@molecule/kit';
import { extract, type Headers, type Pack, pack } from 'tar-stream';
import { type MemoryDeps, memoryPages } from '../memories/index.ts';
import type { WorkspaceDirectory } from '../workspaces/index.ts';
import type { ArchiveRows } from './archive-rows.ts';
import { ARCHIVED_TABLES } from './archived-tables.ts';
import { END, FORMAT, MANIFEST, numbered, SECRETS, VERSION } from './org-archive.ts';
import { UNIT_FOLDERS, type UnitFolders } from './unit-folders.ts';

export interface ExportDeps {
  directory: WorkspaceDirectory;
  rows: ArchiveRows;
  memories: MemoryDeps;
  folders: UnitFolders;
  clock: Clock;
  log: Log;
}

const NAMED = 5;
const ENTRY_CHARS = 4 * 1024 * 1024;

/** Throws CONFLICT while units run (X2). The stream is to be read to its end or destroyed. */
export async function exportOrganisation(deps: ExportDeps): Promise<Readable> {
  const chart = parentsFirst(deps.directory);
  await refuseRunning(deps, chart);
  const tar = pack();
  const out = new PassThrough();
  // Whoever reads is told by the reading; an archive that fails must not end the process.
  out.on('error', () => undefined);
  pipeline(tar, createGzip({ level: 3 }), out).catch((error: unknown) => {
    deps.log.warn({ err: error }, 'an export was broken off');
  });
  writeAll(deps, chart, new ArchiveWriter(tar)).then(
    () => tar.finalize(),
    (error: Error) => {
      deps.log.error({ err: error }, 'an export failed');
      tar.destroy(error);
      out.destroy(error);
    },
  );
  return out;
}

async function refuseRunning({ folders }: ExportDeps, chart: readonly WorkspaceState[]): Promise<void> {
  const running: string[] = [];
  for (const workspace of chart) {
    if (hasUnit(workspace) && (await folders.isRunning(workspace))) running.push(workspace.name);
  }
  if (running.length === 0) return;
  const more = running.length > NAMED ? ` and ${running.length - NAMED} more` : '';
  throw faults.conflict(
    `pause these first, so that the archive holds one state of their files: ${running.slice(0, NAMED).join(', ')}${more}`,
  );
}

async function writeAll(
  deps: ExportDeps,
  chart: readonly WorkspaceState[],
  archive: ArchiveWriter,
): Promise<void> {
  const exported_at = new Date(deps.clock.now()).toISOString();
  await archive.json(MANIFEST, { format: FORMAT, version: VERSION, exported_at });
  await archive.json(SECRETS, await deps.rows.secretNames());
  for (const [i, workspace] of chart.entries()) {
    const files = await deps.rows.files(workspace.id);
    await archive.json(numbered('chart', i + 1, 'json'), { workspace, files });
  }
  for (const table of ARCHIVED_TABLES) await archive.lines(`rows/${table.name}`, deps.rows.pages(table));
  await archive.lines('memories', memoryLines(deps.memories));
  for (const workspace of chart.filter(hasUnit)) {
    for (const folder of UNIT_FOLDERS) {
      const prefix = `units/${workspace.id}/${folder}/`;
      await deps.folders.pack(workspace, folder, (tar) => archive.under(prefix, tar));
    }
  }
  await archive.json(END, { entries: archive.entries });
}

async function* memoryLines(deps: MemoryDeps): AsyncGenerator<string[]> {
  for await (const page of memoryPages(deps)) yield page.map((memory) => JSON.stringify(memory));
}

class ArchiveWriter {
  readonly #tar: Pack;
  readonly #broken: Promise<never>;
  entries = 0;

  constructor(tar: Pack) {
    this.#tar = tar;
    this.#broken = new Promise((_, reject) => {
      tar.once('close', () => reject(new Error('nobody reads the archive any more')));
    });
    this.#broken.catch(() => undefined);
  }

  json(name: string, value: unknown): Promise<void> {
    return this.#whole({ name }, JSON.stringify(value));
  }

  /** Entries of some megabytes each; a longer line is one by itself. */
  async lines(folder: string, pages: AsyncIterable<readonly string[]>): Promise<void> {
    let number = 0;
    let held: string[] = [];
    let chars = 0;
    const write = async () => {
      if (held.length === 0) return;
      await this.#whole({ name: numbered(folder, ++number, 'ndjson') }, held.join('\n'));
      held = [];
      chars = 0;
    };
    for await (const page of pages) {
      for (const line of page) {
        if (chars + line.length > ENTRY_CHARS) await write();
        held.push(line);
        chars += line.length;
      }
    }
    await write();
  }

  /** The entries of another tar, below a prefix. */
  async under(prefix: string, tar: Readable): Promise<void> {
    const entries = extract();
    entries.on('entry', (header, stream, next) => {
      const content = stream as unknown as Readable;
      const linkname = header.type === 'link' ? `${prefix}${header.linkname}` : header.linkname;
      const renamed = { ...header, name: `${prefix}${header.name}`, ...(linkname ? { linkname } : {}) };
      const isFile = (header.type ?? 'file') === 'file' && (header.size ?? 0) > 0;
      const writing = isFile ? this.#file(renamed, content) : this.#whole(renamed, '');
      writing.then(() => {
        content.resume();
        next();
      }, next);
    });
    await Promise.race([pipeline(tar, entries), this.#broken]);
  }

  async #whole(header: Headers, text: string): Promise<void> {
    this.entries++;
    const isFile = (header.type ?? 'file') === 'file';
    const written = new Promise<void>((resolve, reject) => {
      const done = (error?: Error | null) => (error ? reject(error) : resolve());
      if (isFile) this.#tar.entry(header, Buffer.from(text), done);
      else this.#tar.entry(header, done);
    });
    await Promise.race([written, this.#broken]);
  }

  async #file(header: Headers, content: Readable): Promise<void> {
    this.entries++;
    await Promise.race([pipeline(content, this.#tar.entry(header)), this.#broken]);
  }
}

/** An external agent keeps its files where it runs. */
export function hasUnit({ backend }: Pick<WorkspaceState, 'backend'>): boolean {
  return backend !== 'external' && backend !== 'none';
}

function parentsFirst(directory: WorkspaceDirectory): WorkspaceState[] {
  const live = directory.live();
  const depthOf = ({ parentId }: WorkspaceState): number => {
    const parent = parentId === null ? null : directory.get(parentId);
    return parent ? 1 + depthOf(parent) : 0;
  };
  const depths = new Map(live.map((workspace) => [workspace.id, depthOf(workspace)]));
  return [...live].sort(
    (a, b) => (depths.get(a.id) ?? 0) - (depths.get(b.id) ?? 0) || a.createdAt - b.createdAt,
  );
}
