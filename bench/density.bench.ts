// Bench density: what an idle tenant of the process driver costs in memory, and how many would fit into BENCH_GIB. Real tenants, made
// through the real control plane behind the real edge; memory is PSS, in which a page that several processes share counts in
// parts. What is shared by all is taken out by the slope from few tenants to all of them. It also upgrades one tenant to the same
// program under another name and says how long nobody was served.

import { mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ScenarioPlatform, startPlatform } from '../e2e/support/platform.ts';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const TENANTS = Number(process.env.BENCH_TENANTS ?? 5);
const GIB = Number(process.env.BENCH_GIB ?? 16);
const IDLE_MS = Number(process.env.BENCH_IDLE_MS ?? 20_000);
const FEW = 2;
const LIMIT_MS = 180_000;
const ASK_MS = 20;

const platform = await startPlatform();
try {
  const few = await grow(0, FEW);
  const all = await grow(FEW, TENANTS);
  const tenantMb = (all.tenantsMb - few.tenantsMb) / (TENANTS - FEW);
  const fits = Math.floor((GIB * 1024 - all.hostMb - (all.tenantsMb - tenantMb * TENANTS)) / tenantMb);
  const pauseMs = await upgradePause();
  const result = {
    bench: 'density',
    tenants: TENANTS,
    idleSeconds: IDLE_MS / 1000,
    tenantMb: round(tenantMb),
    meanMb: round(all.tenantsMb / TENANTS),
    parts: all.parts,
    hostMb: round(all.hostMb),
    gib: GIB,
    fits,
    upgradePauseMs: Math.round(pauseMs),
    goals: { atLeast100: fits >= 100 },
  };
  console.log(
    `${TENANTS} idle tenants: ${result.tenantMb} MB PSS each (mean ${result.meanMb}); the platform itself ${result.hostMb} MB; ${fits} would fit into ${GIB} GiB; an upgrade left one unserved for ${result.upgradePauseMs} ms`,
  );
  for (const [part, mb] of Object.entries(all.parts)) console.log(`  ${part}: ${mb} MB each`);
  console.log(JSON.stringify(result));
} finally {
  await platform.stop();
}

interface Measured {
  tenantsMb: number;
  hostMb: number;
  parts: Record<string, number>;
}

async function grow(from: number, to: number): Promise<Measured> {
  for (let i = from; i < to; i++) {
    const slug = `dense-${i}`;
    const made = await platform.asOperator('/cp/orgs', { method: 'POST', body: { slug, name: slug } });
    if (made.status >= 300) throw new Error(`${slug}: ${made.status} ${made.text}`);
    const endAt = Date.now() + LIMIT_MS;
    while ((await platform.asOperator(`/cp/orgs/${slug}`)).body.status !== 'running') {
      if (Date.now() > endAt) throw new Error(`${slug} does not run`);
      await sleep(250);
    }
  }
  await sleep(IDLE_MS);
  return measure(platform, to);
}

/** Every process of the platform and of its tenants is found from the launcher's children by the folder that it names. */
function measure({ dataDir }: ScenarioPlatform, tenants: number): Measured {
  const found: Measured = { tenantsMb: 0, hostMb: 0, parts: {} };
  const parents = new Map<number, number>();
  const own = new Map<number, 'tenant' | 'host'>();
  const pids = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
  for (const pid of pids) {
    const stat = readIfThere(`/proc/${pid}/stat`);
    parents.set(pid, Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
    const named = readIfThere(`/proc/${pid}/cmdline`) + readIfThere(`/proc/${pid}/environ`);
    if (named.includes(join(dataDir, 'tenants'))) own.set(pid, 'tenant');
    else if (named.includes(dataDir)) own.set(pid, 'host');
  }
  // Children say what their parents are: backends of a database name no folder.
  const kindOf = (pid: number): 'tenant' | 'host' | null =>
    own.get(pid) ?? (parents.has(pid) ? kindOf(parents.get(pid) ?? 0) : null);
  for (const pid of pids) {
    const kind = kindOf(pid);
    if (kind === null || pid === process.pid) continue;
    const mb = Number(/^Pss:\s+(\d+) kB/m.exec(readIfThere(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0) / 1024;
    if (kind === 'host') found.hostMb += mb;
    else {
      found.tenantsMb += mb;
      const part = partOf(pid);
      found.parts[part] = (found.parts[part] ?? 0) + mb / tenants;
    }
  }
  for (const [part, mb] of Object.entries(found.parts)) found.parts[part] = round(mb);
  return found;
}

function partOf(pid: number): string {
  const command = readIfThere(`/proc/${pid}/cmdline`);
  if (command.includes('postgres')) return 'postgres';
  return /apps\/([\w-]+)\/dist/.exec(command)?.[1] ?? 'other';
}

async function upgradePause(): Promise<number> {
  const home = join(platform.dataDir, 'releases', 'next', 'apps');
  mkdirSync(home, { recursive: true });
  symlinkSync(join(ROOT, 'apps/workspace-server'), join(home, 'workspace-server'));
  const ordered = await platform.asOperator('/cp/admin/tenants/dense-0/redeploy', {
    method: 'POST',
    headers: { prefer: 'respond-async' },
    body: { target_tag: 'next' },
  });
  let servedAt = performance.now();
  let longest = 0;
  const endAt = Date.now() + LIMIT_MS;
  while (Date.now() < endAt) {
    const { status } = await platform.call('/health', { host: `dense-0.localhost:${platform.port}` });
    const now = performance.now();
    if (status === 200) {
      longest = Math.max(longest, now - servedAt);
      servedAt = now;
      const { body } = await platform.asOperator(`/cp/admin/rollouts/${ordered.body.rollout_id}`);
      if (body.state === 'done') return longest;
      if (body.state === 'failed') throw new Error(`the upgrade failed: ${JSON.stringify(body)}`);
    }
    await sleep(ASK_MS);
  }
  throw new Error(`the upgrade did not end: ${ordered.text}`);
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return ''; // It ended meanwhile.
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
