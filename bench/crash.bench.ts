// Bench crash: kills the server and its Postgres under load, again and again, and counts what was acknowledged and lost.
// `npm run crash` also proves that the checker notices loss; `-- --teeth` does only that, `-- --no-teeth` leaves it out.
// CRASH_KILLS says how many kills; CRASH_PLANT=async-commit or delete-rows plants a fault, and the run must end red.

import { type CrashReport, type Plant, runCrash } from './crash-run.ts';

const KILL_COUNT = Number(process.env.CRASH_KILLS ?? 60);
const TEETH_KILLS = 3;
const GOALS_MS = { 'app SIGKILL': 500, 'postgres immediate': 1_000, 'postmaster -9': 2_500 } as const;

const flags = process.argv.slice(2);
const plant = (process.env.CRASH_PLANT ?? 'none') as Plant;
let isGood = true;
if (!flags.includes('--teeth')) {
  const report = await runCrash(KILL_COUNT, plant);
  show(report);
  isGood = report.isGreen && report.unaskedExits === 0 && report.givenUp === 0;
  console.log(JSON.stringify({ bench: 'crash', ...report, goals: goalsOf(report) }));
}
if (flags.includes('--teeth') || (!flags.includes('--no-teeth') && plant === 'none')) {
  const planted = await runCrash(TEETH_KILLS, 'async-commit');
  const deleted = await runCrash(0, 'delete-rows');
  const hasTeeth = lostIn(planted) > 0 && lostIn(deleted) > 0;
  console.log(
    `teeth: ${lostIn(planted)} lost with synchronous_commit=off, ${lostIn(deleted)} lost with rows deleted; the checker ${hasTeeth ? 'notices' : 'DOES NOT NOTICE'}`,
  );
  console.log(
    JSON.stringify({ bench: 'crash-teeth', asyncCommit: planted.lost, deletedRows: deleted.lost, hasTeeth }),
  );
  isGood &&= hasTeeth;
}
process.exit(isGood ? 0 : 1);

function lostIn(report: CrashReport): number {
  return Object.values(report.lost).reduce((sum, count) => sum + count, 0);
}

function goalsOf(report: CrashReport): Record<string, boolean> {
  const timely = Object.entries(GOALS_MS).map(([kind, ms]) => [
    `${kind} ready p50 at most ${ms} ms`,
    (report.readyP50Ms[kind as keyof typeof GOALS_MS] ?? Number.POSITIVE_INFINITY) <= ms,
  ]);
  return Object.fromEntries([['books balance', report.isGreen], ...timely]);
}

function show(report: CrashReport): void {
  const { delegations, lost, duplicates } = report;
  console.log(`${report.kills} kills in ${report.seconds} s, ${report.acknowledged} acknowledged writes`);
  console.table({ lost, duplicates });
  console.table({ 'ready p50 ms': report.readyP50Ms, 'ready max ms': report.readyMaxMs });
  console.log(
    `delegations: ${delegations.acknowledged} acknowledged, ${delegations.stuck} stuck, ${delegations.failed} failed, ${delegations.withoutEffect} without effect, ${delegations.effectsTooMany} with more than one; past deadline ${report.pastDeadline}; replay differs ${report.replayDiffers}; server exits ${report.unaskedExits}`,
  );
  if (Object.keys(report.surprises).length > 0) console.log('unplanned refusals:', report.surprises);
}
