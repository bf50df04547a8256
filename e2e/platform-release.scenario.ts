// Platform release: on real tenants, a good image is proven on the tenant itself; a bad one goes back with the data from
// before; a removed member is out within a second; and a deleted organisation leaves nothing.

import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifies } from './requirements.ts';
import { until } from './support/api.ts';
import { BOOT_LIMIT_MS, type HostedOrg, makeOrgs } from './support/hosted-orgs.ts';
import { cookieOf, type ScenarioPlatform, startPlatform } from './support/platform.ts';
import { processesOf } from './support/processes.ts';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const OUT_WITHIN_MS = 1_000;
const MARK = `mark-${crypto.randomUUID()}`;

let platform: ScenarioPlatform;
let alpha: HostedOrg;
let beta: HostedOrg;

beforeAll(async () => {
  platform = await startPlatform();
  [alpha, beta] = (await makeOrgs(platform, ['alpha', 'beta'])) as [HostedOrg, HostedOrg];
}, 3 * BOOT_LIMIT_MS);
afterAll(() => platform?.stop(), BOOT_LIMIT_MS);

const inAlpha = async (path: string, cookie: string, method = 'GET', body?: unknown) =>
  platform.call(path, { host: alpha.host, method, headers: { cookie }, body });

describe('a removed member', () => {
  it(
    verifies('platform.people', 'is out of the tenant within a second, and who still belongs is not'),
    async () => {
      const guest = await platform.signUp('guest@example.test');
      const asGuest = (path: string, method = 'GET', body?: unknown) =>
        platform.call(path, { method, headers: { cookie: guest }, body });
      const email = 'guest@example.test';
      const invited = await alpha.asOwner('/cp/orgs/alpha/members', 'POST', { email });
      const token = String(invited.body.url).split('#')[1];
      expect((await asGuest('/cp/invites/accept', 'POST', { token })).status).toBe(200);
      const opened = new URL(String((await asGuest('/cp/orgs/alpha/open', 'POST')).body.url));
      const handed = await platform.call(opened.pathname + opened.search, { host: alpha.host });
      const session = cookieOf(handed);
      expect((await inAlpha('/workspaces', session)).status).toBe(200);
      const guestId = (await asGuest('/cp/auth/me')).body.user_id;

      const removed = await alpha.asOwner(`/cp/orgs/alpha/members/${guestId}`, 'DELETE');
      const removedAt = performance.now();
      expect(removed.status).toBe(204);
      // The last call that was let in was sent within the limit.
      let letInAt = removedAt;
      await until('the session is over', async () => {
        const sentAt = performance.now();
        const { status } = await inAlpha('/workspaces', session);
        if (status === 200) letInAt = sentAt;
        return status === 401;
      });
      expect(letInAt - removedAt).toBeLessThan(OUT_WITHIN_MS);
      expect((await asGuest('/cp/orgs/alpha/open', 'POST')).status).toBe(404);
      expect((await inAlpha('/workspaces', await alpha.handOver())).status).toBe(200);
    },
  );
});

/** A release is a folder with a built tenant server; this one runs `program` first. */
function plantRelease(name: string, program: string): void {
  const home = join(platform.dataDir, 'releases', name, 'apps/workspace-server');
  mkdirSync(join(home, 'dist'), { recursive: true });
  writeFileSync(join(home, 'package.json'), '{"type":"module"}');
  writeFileSync(join(home, 'dist/main.js'), program);
}
const SAME_PROGRAM = `// A release that is this checkout, and notes that it was started.
import { appendFileSync } from 'node:fs';
appendFileSync(process.env.MOLECULE_DATA_DIR + '/starts', 'started\\n');
await import(${JSON.stringify(join(ROOT, 'apps/workspace-server/dist/main.js'))});
`;
const DAMAGING_PROGRAM = `// A release that damages its data and ends.
import { writeFileSync } from 'node:fs';
writeFileSync(process.env.MOLECULE_DATA_DIR + '/org-id', 'damaged');
process.exit(1);
`;

/** How often a release of ours was started on the tenant's data. */
function startsOf(orgId: string): number {
  const path = join(platform.dataDir, 'tenants', orgId, 'data/starts');
  return existsSync(path) ? readFileSync(path, 'utf8').split('started').length - 1 : 0;
}

async function rollOut(target: string): Promise<Record<string, unknown>> {
  const ordered = await platform.asOperator('/cp/admin/tenants/alpha/redeploy', {
    method: 'POST',
    headers: { prefer: 'respond-async' },
    body: { target_tag: target },
  });
  expect(ordered.status).toBe(202);
  return until(
    `the rollout of ${target} is over`,
    async () => {
      const { body } = await platform.asOperator(`/cp/admin/rollouts/${ordered.body.rollout_id}`);
      return ['done', 'failed'].includes(String(body.state)) && body;
    },
    BOOT_LIMIT_MS,
  );
}

describe('a release', () => {
  it(
    verifies('platform.fleet', 'that serves is proven on the tenant, which keeps its data'),
    async () => {
      plantRelease('good', SAME_PROGRAM);
      const made = await alpha.inside('/workspaces', 'POST', { name: MARK, runtime: 'rehearsal' });
      expect(made.status).toBe(201);
      expect(await rollOut('good')).toMatchObject({ state: 'done' });
      const found = await platform.asOperator('/cp/admin/tenants/alpha/diagnostics');
      expect(found.body.instance).toMatchObject({ image: 'good', found: 'running' });
      expect((await alpha.inside('/workspaces')).text).toContain(MARK);
    },
    2 * BOOT_LIMIT_MS,
  );
});

/** Ends the control plane as a failing machine would, as often as there is something under way. */
async function killThrough(rolloutId: string, pauses: readonly number[]): Promise<Record<string, unknown>> {
  const read = () => platform.asOperator(`/cp/admin/rollouts/${rolloutId}`).catch(() => null);
  let kills = 0;
  const over = await until(
    'the rollout is over',
    async () => {
      const answer = await read();
      if (answer?.status === 200 && ['done', 'failed'].includes(String(answer.body.state)))
        return answer.body;
      const pid = platform.pidOf('control-plane');
      const pause = pauses[kills];
      if (pid === null || pause === undefined || answer?.status !== 200) return false;
      await new Promise((resolve) => setTimeout(resolve, pause));
      process.kill(pid, 'SIGKILL');
      kills++;
      return false;
    },
    BOOT_LIMIT_MS,
  );
  expect(kills).toBeGreaterThan(1);
  return over;
}

async function rollOutToAll(target: string): Promise<string> {
  const ordered = await platform.asOperator('/cp/admin/tenants/redeploy-fleet', {
    method: 'POST',
    headers: { prefer: 'respond-async' },
    body: { target_tag: target, soak_seconds: 1, batch_size: 1, confirm: true },
  });
  expect([ordered.status, ordered.text]).toEqual([202, expect.anything()]);
  return String(ordered.body.rollout_id);
}

const instanceOf = async (slug: string) =>
  (await platform.asOperator(`/cp/admin/tenants/${slug}/diagnostics`)).body.instance as {
    image: string;
    found: string;
  };

describe('a control plane that is killed again and again', () => {
  it(
    verifies(
      'platform.fleet',
      'brings a rollout to its end, with each tenant upgraded once and nothing lost',
    ),
    async () => {
      plantRelease('next', SAME_PROGRAM);
      const starts = () => [alpha, beta].map(({ id }) => startsOf(id));
      const before = starts();
      const over = await killThrough(await rollOutToAll('next'), [0, 300, 900, 1_500, 2_500]);
      expect(over).toMatchObject({ state: 'done' });
      const after = [await instanceOf('alpha'), await instanceOf('beta')];
      expect(after.map(({ image, found }) => [image, found])).toEqual([
        ['next', 'running'],
        ['next', 'running'],
      ]);
      expect(starts().map((count, i) => count - (before[i] ?? 0))).toEqual([1, 1]);
      expect((await inAlpha('/workspaces', await alpha.handOver())).text).toContain(MARK);
    },
    3 * BOOT_LIMIT_MS,
  );

  it(
    verifies(
      'platform.fleet',
      'brings a canary of a bad release back with its data, and touches nobody else',
    ),
    async () => {
      plantRelease('broken-again', DAMAGING_PROGRAM);
      const beta = await instanceOf('beta');
      const over = await killThrough(await rollOutToAll('broken-again'), [0, 500, 2_000]);
      expect(over).toMatchObject({ state: 'failed' });
      const health = () => platform.call('/health', { host: alpha.host });
      await until('it serves the image before', async () => (await health()).status === 200, BOOT_LIMIT_MS);
      expect(await instanceOf('alpha')).toMatchObject({ image: 'next', found: 'running' });
      const orgId = readFileSync(join(platform.dataDir, 'tenants', alpha.id, 'data/org-id'), 'utf8');
      expect(orgId).not.toBe('damaged');
      expect((await inAlpha('/workspaces', await alpha.handOver())).text).toContain(MARK);
      expect(await instanceOf('beta')).toEqual(beta);
    },
    3 * BOOT_LIMIT_MS,
  );
});

describe('a deleted organisation', () => {
  it(
    verifies('platform.lifecycle', 'leaves no process, no folder and no row; the other one notices nothing'),
    async () => {
      const folder = join(platform.dataDir, 'tenants', alpha.id);
      expect(processesOf(folder).length).toBeGreaterThan(0);
      const deleted = await alpha.asOwner('/cp/orgs/alpha', 'DELETE', { confirm: 'alpha' });
      expect(deleted.status).toBe(204);
      expect(processesOf(folder)).toEqual([]);
      expect(existsSync(folder)).toBe(false);
      expect((await platform.call('/health', { host: alpha.host })).status).toBe(404);
      expect((await platform.call('/health', { host: beta.host })).status).toBe(200);
      const stats = (await platform.asOperator('/cp/admin/stats')).body;
      expect([stats.orphan_claims, stats.open_purges, stats.unowned_tenants]).toEqual([0, 0, []]);
      const left = randomUUID();
      mkdirSync(join(platform.dataDir, 'tenants', left));
      expect((await platform.asOperator('/cp/admin/stats')).body.unowned_tenants).toEqual([left]);
    },
    BOOT_LIMIT_MS,
  );
});
