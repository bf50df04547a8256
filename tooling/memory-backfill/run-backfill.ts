// Run backfill: reads a source page by page, has the tenant judge each page, and counts.
//
//   F1. A page that was answered is noted before the next one is read: a run that is broken off goes on after it.
//   F2. A source or a tenant that fails ends the run; what one row has wrong does not.
//   F3. A report holds ids, places and reasons, and never a content.

import { createHash } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import type { memories } from '@molecule/contracts';
import type { RowSource, SourceRow } from './row-source.ts';

const PAGE_ROWS = 200;
const PAGE_BYTES = 8 * 1024 * 1024;
const PROBLEMS_KEPT = 1_000;

export type Judge = (mode: memories.BackfillMode, rows: SourceRow[]) => Promise<memories.BackfillResult[]>;

export interface BackfillOptions {
  mode: memories.BackfillMode;
  source: RowSource;
  judge: Judge;
  /** At most so many rows in all; null: every one. */
  limit: number | null;
  /** Of a comparison: about so many rows, picked by their ids; null: every one. */
  sampleOneIn: number | null;
  rowsPerSecond: number;
  /** Where the last page that was answered is noted; null: nowhere. */
  resumeFile: string | null;
  onProgress(scanned: number): void;
}

export interface BackfillReport {
  mode: memories.BackfillMode;
  source: string;
  scanned: number;
  outcomes: Partial<Record<memories.BackfillResult['outcome'], number>>;
  /** Rows by namespace. */
  namespaces: Record<string, number>;
  reasons: Record<string, number>;
  /** The first thousand rows that were skipped, failed, are missing or differ. */
  problems: memories.BackfillResult[];
  /** SHA-256 over id and content of every row in order: two reports of the same rows have the same. */
  digest: string;
  isClean: boolean;
}

const CLEAN = new Set<memories.BackfillResult['outcome']>([
  'would_copy',
  'copied',
  'same',
  'removed',
  'skipped',
]);

export async function runBackfill(options: BackfillOptions): Promise<BackfillReport> {
  const { mode, source } = options;
  const report = { ...EMPTY, mode, source: source.name };
  const outcomes: Counts = new Map();
  const namespaces: Counts = new Map();
  const reasons: Counts = new Map();
  const problems: memories.BackfillResult[] = [];
  const digest = createHash('sha256');
  let after = await readResume(options);
  const startedAt = Date.now();
  for (;;) {
    const left = options.limit === null ? PAGE_ROWS : Math.min(PAGE_ROWS, options.limit - report.scanned);
    const page = left > 0 ? fitting(await source.page(after, left)) : [];
    if (page.length === 0) break;
    const rows = page.filter(({ id }) => isPicked(id, options.sampleOneIn));
    const results = rows.length === 0 ? [] : await options.judge(mode, rows);
    if (results.length !== rows.length) throw new Error('the tenant answered for another number of rows');
    for (const result of results) {
      count(outcomes, result.outcome);
      if (result.namespace !== null) count(namespaces, result.namespace);
      if (result.reason !== null) count(reasons, result.reason);
      const isProblem = !CLEAN.has(result.outcome) || result.outcome === 'skipped';
      if (isProblem && problems.length < PROBLEMS_KEPT) problems.push(result);
    }
    for (const { id, content } of rows) digest.update(`${id}\n${content}\n`, 'utf8');
    report.scanned += rows.length;
    after = page.at(-1)?.id ?? after;
    await noteResume(options, after);
    options.onProgress(report.scanned);
    await pace(startedAt, report.scanned, options.rowsPerSecond);
  }
  return {
    ...report,
    outcomes: Object.fromEntries(outcomes),
    namespaces: Object.fromEntries(namespaces),
    reasons: Object.fromEntries(reasons),
    problems,
    digest: digest.digest('hex'),
    isClean: [...outcomes.keys()].every((outcome) =>
      CLEAN.has(outcome as memories.BackfillResult['outcome']),
    ),
  };
}

const EMPTY = { scanned: 0 };

type Counts = Map<string, number>;

function count(counts: Counts, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

/** One row at least, and no more bytes than a call may have. */
function fitting(rows: SourceRow[]): SourceRow[] {
  let bytes = 0;
  const end = rows.findIndex((row, i) => {
    bytes += Buffer.byteLength(JSON.stringify(row));
    return i > 0 && bytes > PAGE_BYTES;
  });
  return end === -1 ? rows : rows.slice(0, end);
}

function isPicked(id: string, oneIn: number | null): boolean {
  if (oneIn === null || oneIn <= 1) return true;
  return createHash('sha256').update(id).digest().readUInt32BE(0) % oneIn === 0;
}

async function readResume({ resumeFile, mode, source }: BackfillOptions): Promise<string> {
  if (resumeFile === null) return '';
  try {
    const noted = JSON.parse(await readFile(resumeFile, 'utf8')) as Record<string, string>;
    if (noted.mode !== mode || noted.source !== source.name)
      throw new Error(
        `${resumeFile} belongs to another run (${noted.mode} of ${noted.source}); remove it to start anew`,
      );
    return noted.after ?? '';
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}

async function noteResume({ resumeFile, mode, source }: BackfillOptions, after: string): Promise<void> {
  if (resumeFile === null) return;
  await writeFile(`${resumeFile}.new`, JSON.stringify({ mode, source: source.name, after }));
  await rename(`${resumeFile}.new`, resumeFile);
}

async function pace(startedAt: number, rows: number, perSecond: number): Promise<void> {
  const waitMs = startedAt + (rows / perSecond) * 1_000 - Date.now();
  if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
}
