// Platform workspaces: a hosted tenant has single workspaces placed by the platform (the cloud backend), for real: they come
// online, answer, survive a crash of the control plane, and go without a trace; and no tenant reaches another one's.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifies } from './requirements.ts';
import { until } from './support/api.ts';
import { BOOT_LIMIT_MS, type HostedOrg, makeOrgs } from './support/hosted-orgs.ts';
import { type ScenarioPlatform, startPlatform } from './support/platform.ts';
import { environmentOf } from './support/processes.ts';

interface Unit {
  instanceId: string;
  pid: number | null;
  uid: number | null;
  address: string;
}

let platform: ScenarioPlatform;
let alpha: HostedOrg;
let beta: HostedOrg;
let id: string;

beforeAll(async () => {
  platform = await startPlatform();
  [alpha, beta] = (await makeOrgs(platform, ['placer', 'other'])) as [HostedOrg, HostedOrg];
}, 3 * BOOT_LIMIT_MS);
afterAll(() => platform?.stop(), BOOT_LIMIT_MS);

const folderOf = (org: HostedOrg, workspaceId: string) =>
  join(platform.dataDir, 'units', `${org.id}_${workspaceId}`);
const unitOf = (workspaceId = id): Unit =>
  JSON.parse(readFileSync(join(folderOf(alpha, workspaceId), 'unit.json'), 'utf8'));
const isAlive = ({ pid }: Unit) =>
  pid !== null && existsSync(`/proc/${pid}`) && environmentOf(pid).PORT === '8000';
const read = async (workspaceId = id) => (await alpha.inside(`/workspaces/${workspaceId}`)).body;
const untilStatus = (status: string, workspaceId = id) =>
  until(
    `status ${status}`,
    async () => {
      const row = await read(workspaceId);
      if (row.status === 'failed' && status !== 'failed')
        throw new Error(`it failed: ${row.status_reason} ${row.status_detail}`);
      return row.status === status;
    },
    BOOT_LIMIT_MS,
  );
const send = (text: string) =>
  alpha.inside(`/workspaces/${id}/a2a`, 'POST', {
    jsonrpc: '2.0',
    id: 1,
    method: 'message/send',
    params: { message: { role: 'user', messageId: crypto.randomUUID(), parts: [{ kind: 'text', text }] } },
  });

/** What a tenant says to the platform. */
function tenantCredentials(org: HostedOrg): Record<string, string> {
  const { pid } = JSON.parse(
    readFileSync(join(platform.dataDir, 'tenants', org.id, 'placement.json'), 'utf8'),
  ) as { pid: number };
  const { ADMIN_TOKEN = '', MOLECULE_CP_SHARED_SECRET: secret = '' } = environmentOf(pid);
  return { authorization: `Bearer ${secret}`, 'x-molecule-admin-token': ADMIN_TOKEN };
}
const asTenant = (org: HostedOrg, path: string, method = 'GET', body?: unknown) =>
  platform.call(path, { method, headers: tenantCredentials(org), body });

const bodyFor = (org: HostedOrg, change: Record<string, unknown> = {}) => ({
  org_id: org.id,
  workspace_id: crypto.randomUUID(),
  runtime: 'rehearsal',
  tier: 2,
  platform_url: `http://${org.host}`,
  env: {},
  config_files: { 'config.yaml': Buffer.from('name: A\n').toString('base64') },
  ...change,
});
const place = (body: unknown, org = alpha) => asTenant(org, '/cp/workspaces/provision', 'POST', body);

describe('a workspace of a hosted tenant that the platform places', () => {
  it(
    verifies('platform.tenants', 'comes online as an instance of its own and answers a message'),
    async () => {
      const made = await alpha.inside('/workspaces', 'POST', {
        name: 'Placed',
        runtime: 'rehearsal',
        tier: 2,
        backend: 'cloud',
      });
      expect([made.status, made.text]).toEqual([201, expect.any(String)]);
      id = String(made.body.id);
      await untilStatus('online');
      expect(await read()).toMatchObject({ backend: 'cloud' });
      const answer = await send('How many words are in this sentence?');
      expect([answer.status, answer.text]).toEqual([200, expect.stringContaining('"result"')]);
      expect(isAlive(unitOf())).toBe(true);
    },
    BOOT_LIMIT_MS,
  );

  it.runIf(process.getuid?.() === 0)('runs as a user of its own, beside its tenant', () => {
    const { uid } = unitOf();
    const tenant = JSON.parse(
      readFileSync(join(platform.dataDir, 'tenants', alpha.id, 'placement.json'), 'utf8'),
    ) as { uid: number | null };
    if (tenant.uid !== null) expect(uid).not.toBe(tenant.uid);
    expect(Object.keys(environmentOf(unitOf().pid ?? 0))).not.toEqual(
      expect.arrayContaining(['MOLECULE_CP_SHARED_SECRET']),
    );
  });

  it('goes on over a crash of the control plane, which finds it again', async () => {
    const before = unitOf();
    const pid = platform.pidOf('control-plane');
    process.kill(pid ?? 0, 'SIGKILL');
    await until('it is back', async () => {
      const answer = await platform.call('/health').catch(() => null);
      return answer?.status === 200 && platform.pidOf('control-plane') !== pid;
    });
    expect(isAlive(before)).toBe(true);
    const path = `/cp/workspaces/${id}/status?instance_id=${before.instanceId}`;
    expect((await asTenant(alpha, path)).body).toEqual({ state: 'running' });
    expect((await send('Still there?')).text).toContain('"result"');
  });

  it('is no other tenant’s to see, to end or to put in its place', async () => {
    expect((await asTenant(beta, `/cp/workspaces/${id}/status`)).status).toBe(404);
    expect((await asTenant(beta, `/cp/workspaces/${id}?prune=true`, 'DELETE')).status).toBe(404);
    const unknown = await asTenant(beta, `/cp/workspaces/${crypto.randomUUID()}/status`);
    expect((await asTenant(beta, `/cp/workspaces/${id}/status`)).text).toBe(unknown.text);
    expect((await place(bodyFor(alpha, { workspace_id: id }), beta)).status).toBe(404);
    // The same word of another tenant is another workspace.
    const theirs = await place(bodyFor(beta, { workspace_id: id }), beta);
    expect([theirs.status, theirs.body]).toEqual([201, expect.objectContaining({ state: 'running' })]);
    expect(theirs.body.instance_id).not.toBe(unitOf().instanceId);
    expect((await asTenant(beta, `/cp/workspaces/${id}?prune=true`, 'DELETE')).status).toBe(204);
    expect(isAlive(unitOf())).toBe(true);
  });

  it(
    'stops with its folder kept, and starts again as another instance',
    async () => {
      const before = unitOf();
      expect((await alpha.inside(`/workspaces/${id}/pause`, 'POST', {})).status).toBe(200);
      await untilStatus('paused');
      await until('its process is gone', async () => !isAlive(before));
      expect(existsSync(folderOf(alpha, id))).toBe(true);
      expect((await alpha.inside(`/workspaces/${id}/resume`, 'POST', {})).status).toBe(200);
      await untilStatus('online');
      expect(unitOf().instanceId).not.toBe(before.instanceId);
      expect((await send('Good morning')).text).toContain('"result"');
    },
    BOOT_LIMIT_MS,
  );

  it(
    'is removed with everything that it kept, and the audit tells of each step',
    async () => {
      const before = unitOf();
      const removed = await alpha.inside(`/workspaces/${id}?confirm=true&purge=true`, 'DELETE');
      expect([removed.status, removed.text]).toEqual([200, expect.any(String)]);
      await until('nothing is left', async () => !isAlive(before) && !existsSync(folderOf(alpha, id)));
      expect((await asTenant(alpha, `/cp/workspaces/${id}/status`)).status).toBe(404);
      const audit = (await platform.asOperator('/cp/admin/audit')).text;
      for (const action of ['workspace.placed', 'workspace.ended', 'workspace.pruned'])
        expect(audit).toContain(action);
    },
    BOOT_LIMIT_MS,
  );
});

describe('a request to place a workspace', () => {
  it.each<[string, Record<string, unknown>, number, string]>([
    ['an unknown tier', { tier: 5 }, 400, ''],
    ['no tier', { tier: 0 }, 400, ''],
    ['an unknown engine', { runtime: 'no-such-engine' }, 400, 'runtime must be one of'],
    ['another address', { platform_url: 'http://169.254.169.254' }, 400, 'platform_url must be'],
    ['no config.yaml', { config_files: {} }, 400, 'config.yaml'],
    ['a path outside', { config_files: { '../x': 'eA==', 'config.yaml': 'eA==' } }, 400, 'invalid path'],
    ['an absolute path', { config_files: { '/etc/x': 'eA==', 'config.yaml': 'eA==' } }, 400, 'invalid path'],
    ['no base64', { config_files: { 'config.yaml': '§' } }, 400, 'base64'],
    ['an asset of another kind', { template_assets: { 'bin/x': 'eA==' } }, 400, 'template_assets'],
    ['a credential of ours', { env: { ADMIN_TOKEN: 'x' } }, 400, 'ADMIN_TOKEN'],
    ['a loader’s variable', { env: { LD_PRELOAD: '/tmp/x.so' } }, 400, 'LD_PRELOAD'],
    ['a name that is none', { env: { 'A B': 'x' } }, 400, 'A B'],
    ['too much', { config_files: { 'config.yaml': 'eHh4'.repeat(90_000) } }, 400, 'at most'],
    ['a workspace that is no id', { workspace_id: '../../x' }, 400, ''],
  ])('with %s is refused, and nothing is placed', async (_, change, status, text) => {
    const before = units();
    const answer = await place(bodyFor(alpha, change));
    expect([answer.status, answer.text]).toEqual([status, expect.stringContaining(text)]);
    expect(units()).toEqual(before);
  });

  it('that is sent again, also at once, answers with the one instance', async () => {
    const body = bodyFor(alpha);
    const answers = await Promise.all([place(body), place(body), place(body)]);
    const again = await place(body);
    const ids = new Set([...answers, again].map((answer) => answer.body.instance_id));
    expect([answers.map(({ status }) => status), ids.size]).toEqual([[201, 201, 201], 1]);
    expect((await asTenant(alpha, `/cp/workspaces/${body.workspace_id}?prune=true`, 'DELETE')).status).toBe(
      204,
    );
    expect((await asTenant(alpha, `/cp/workspaces/${body.workspace_id}`, 'DELETE')).status).toBe(404);
  });

  it('is answered with the digest of what instances run', async () => {
    const image = await asTenant(alpha, '/cp/workspaces/ensure-image', 'POST', { runtime: 'rehearsal' });
    expect(image.body).toEqual({
      status: 'ready',
      image_ref: expect.stringMatching(/^workspace-runtime@sha256:[0-9a-f]{64}$/),
    });
  });

  it('counts against the limits of the organisation', async () => {
    const changed = await platform.asOperator(`/cp/orgs/${alpha.slug}`, {
      method: 'PATCH',
      body: { max_workspaces: 1, max_tier: 3 },
    });
    expect([changed.status, changed.text]).toEqual([200, expect.any(String)]);
    const first = bodyFor(alpha);
    expect((await place(first)).status).toBe(201);
    // One that counts already counts once.
    expect((await place(first)).status).toBe(201);
    for (const [body, error] of [
      [bodyFor(alpha), '1 workspaces at most'],
      [{ ...first, tier: 4 }, 'tier 3 at most'],
    ]) {
      const refused = await place(body);
      expect([refused.status, refused.body.error]).toEqual([409, expect.stringContaining(String(error))]);
    }
    expect((await asTenant(alpha, `/cp/workspaces/${first.workspace_id}?prune=true`, 'DELETE')).status).toBe(
      204,
    );
  });

  const units = () => {
    const root = join(platform.dataDir, 'units');
    return existsSync(root) ? readdirSync(root).sort() : [];
  };
});

describe('an organisation with a placed workspace', () => {
  it(
    verifies(
      'platform.tenants',
      'has no compute while it is suspended, and leaves nothing when it is deleted',
    ),
    async () => {
      const body = bodyFor(beta);
      expect((await place(body, beta)).status).toBe(201);
      const file = join(folderOf(beta, body.workspace_id), 'unit.json');
      const unit = JSON.parse(readFileSync(file, 'utf8')) as Unit;
      const output = (await platform.asOperator(`/cp/admin/workspaces/${body.workspace_id}/console`)).body
        .output;
      expect(output).toEqual(expect.any(String));
      const asOperator = (path: string, method: string, sent?: unknown) =>
        platform.asOperator(path, { method, body: sent });
      const suspended = await asOperator(`/cp/orgs/${beta.slug}/suspend`, 'POST', {});
      expect([suspended.status, suspended.text]).toEqual([202, expect.any(String)]);
      await until('its processes are gone', async () => !isAlive(unit), BOOT_LIMIT_MS);
      const refused = await place(bodyFor(beta), beta).catch(() => null);
      expect(refused?.status ?? 401).toBeGreaterThanOrEqual(400);
      expect(existsSync(file)).toBe(true);
      const answers: string[] = [];
      const isDeleted = async () => {
        // While the suspension is still at work it asks to be asked again.
        const { status, text } = await beta.asOwner(`/cp/orgs/${beta.slug}`, 'DELETE', {
          confirm: beta.slug,
        });
        answers.push(`${status} ${text}`);
        return status < 300 || status === 404;
      };
      await until('the deletion is done', isDeleted, BOOT_LIMIT_MS).catch((error: unknown) => {
        throw new Error(`it was answered ${answers.at(-1)}`, { cause: error });
      });
      await until(
        'its folder is gone',
        async () => !existsSync(folderOf(beta, body.workspace_id)),
        BOOT_LIMIT_MS,
      );
    },
    2 * BOOT_LIMIT_MS,
  );
});
