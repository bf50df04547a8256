// Memory backfill: `npm run memory:backfill -- --dry-run|--apply|--verify|--rollback (--from postgres://… | --file rows.json)`
// brings the memories of an older table or of an exported file into a tenant, under their ids and dates, through the
// tenant's own rules; compares all of them; or takes them out again.

import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import type { memories } from '@molecule/contracts';
import { openFile } from './file-source.ts';
import type { RowSource } from './row-source.ts';
import { type Judge, runBackfill } from './run-backfill.ts';
import { openTable } from './table-source.pg.ts';

const MODES = ['dry-run', 'apply', 'verify', 'rollback'] as const;
const CALL_MS = 120_000;
const PROGRESS_ROWS = 2_000;
const USAGE = `npm run memory:backfill -- MODE SOURCE [options]
  MODE      exactly one of --dry-run, --apply, --verify, --rollback
  SOURCE    --from postgres://… (or DATABASE_URL) [--table agent_memories], or --file rows.json
  --url     the tenant (http://localhost:8080)     --token   its admin token (or ADMIN_TOKEN)
  --workspace ID   only rows of this workspace     --limit N   at most so many rows
  --verify-sample N   compare one row in N instead of all
  --rate N   rows a second (1000)   --resume state.json   go on after the last page   --report out.json`;

function fail(message: string): never {
  console.error(`${message}\n\n${USAGE}`);
  process.exit(2);
}

function readOptions() {
  try {
    return parseArgs({
      // One dash is as good as two.
      args: process.argv.slice(2).map((text) => text.replace(/^-(?=[a-z]{2,})/, '--')),
      options: {
        ...Object.fromEntries(MODES.map((mode) => [mode, { type: 'boolean' as const }])),
        from: { type: 'string' },
        table: { type: 'string' },
        file: { type: 'string' },
        url: { type: 'string' },
        token: { type: 'string' },
        workspace: { type: 'string' },
        limit: { type: 'string' },
        'verify-sample': { type: 'string' },
        rate: { type: 'string' },
        resume: { type: 'string' },
        report: { type: 'string' },
      },
    }).values as Record<string, string | boolean | undefined>;
  } catch (error) {
    return fail((error as Error).message);
  }
}

const values = readOptions();
const text = (name: string): string | null =>
  typeof values[name] === 'string' ? (values[name] as string) : null;

function whole(name: string): number | null {
  const given = text(name);
  if (given === null) return null;
  if (!/^[1-9]\d{0,11}$/.test(given)) fail(`--${name}: a whole number from 1 is expected`);
  return Number(given);
}

const chosen = MODES.filter((mode) => values[mode] === true);
const [mode] = chosen;
if (!mode || chosen.length > 1) fail('which mode? Exactly one is needed.');
const url = text('url') ?? 'http://localhost:8080';
if (!URL.canParse(url)) fail(`--url: ${url} is not a URL`);
const token =
  text('token') ??
  process.env.ADMIN_TOKEN ??
  fail('the tenant asks for its admin token: --token or ADMIN_TOKEN');
const [limit, sampleOneIn, rate] = [whole('limit'), whole('verify-sample'), whole('rate')];

function openSource(): Promise<RowSource> {
  const [from, file] = [text('from'), text('file')];
  if (from !== null && file !== null) fail('a table or a file, not both');
  if (file !== null) return openFile(file);
  const connection =
    from ?? process.env.DATABASE_URL ?? fail('from where? --from postgres://… or --file rows.json');
  return openTable(connection, text('table') ?? 'agent_memories', text('workspace'));
}

const only = text('workspace')?.toLowerCase() ?? null;

/** Rows of a file that are not asked for never leave this machine. */
function restricted(source: RowSource): RowSource {
  if (only === null) return source;
  return {
    ...source,
    page: async (after, rows) => {
      let from = after;
      for (;;) {
        const page = await source.page(from, rows);
        const wanted = page.filter((row) => row.workspace_id?.toLowerCase() === only);
        if (wanted.length > 0 || page.length === 0) return wanted;
        from = page.at(-1)?.id ?? from;
      }
    },
  };
}

const judge: Judge = async (as: memories.BackfillMode, rows) => {
  const response = await fetch(new URL('/admin/memories/backfill', url), {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ mode: as, rows }),
    signal: AbortSignal.timeout(CALL_MS),
  });
  const answer = await response.text();
  if (response.status !== 200)
    throw new Error(`the tenant answered ${response.status}: ${answer.slice(0, 300)}`);
  return (JSON.parse(answer) as { results: Awaited<ReturnType<Judge>> }).results;
};

try {
  const source = restricted(await openSource());
  const report = await runBackfill({
    mode,
    source,
    judge,
    limit,
    sampleOneIn: mode === 'verify' ? sampleOneIn : null,
    rowsPerSecond: rate ?? 1_000,
    resumeFile: text('resume'),
    onProgress: (scanned) => {
      if (scanned % PROGRESS_ROWS === 0) console.error(`${scanned} rows …`);
    },
  }).finally(() => source.close());
  const { problems, ...short } = report;
  console.log(JSON.stringify(short, null, 2));
  for (const { id, outcome, reason } of problems.slice(0, 20))
    console.log(`${outcome}  ${id ?? '(no id)'}${reason === null ? '' : `: ${reason}`}`);
  const out = text('report');
  if (out !== null) await writeFile(out, `${JSON.stringify(report, null, 2)}\n`);
  console.log(report.isClean ? `${mode}: clean` : `${mode}: not clean`);
  process.exitCode = report.isClean ? 0 : 1;
} catch (error) {
  const resume = text('resume');
  console.error(`${mode} ended early: ${(error as Error).message}`);
  if (resume !== null)
    console.error(`the same command goes on after the last page that was answered (${resume})`);
  process.exitCode = 1;
}
