// Tree verbs: what is done to a whole team is answered role by role. One that could not be stopped is named with what will
// mend it, keeps nobody else running, and is stopped once that is possible.

import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EngineProxy } from '@molecule/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { removeNetworks } from './support/containers.ts';
import { type ScenarioTenant, startScenarioTenant, until } from './support/tenant.ts';

const START_MS = 90_000;
let tenant: ScenarioTenant;
let engine: EngineProxy;
let folder: string;

interface Member {
  id: string;
  name: string;
  error?: string;
}

const docker = (...args: string[]) =>
  execFileSync('docker', args, { encoding: 'utf8', stdio: 'pipe' }).trim();
const unitOf = (id: string) => docker('ps', '-q', '--filter', `name=ws-${id}`);

async function call(method: string, path: string, headers: Record<string, string> = {}) {
  const answer = await tenant.call(path, {
    method,
    headers: { authorization: `Bearer ${tenant.adminToken}`, ...headers },
    ...(method === 'POST' ? { body: {} } : {}),
  });
  return { status: answer.status, body: JSON.parse(answer.text) as Record<string, unknown> };
}

async function make(name: string, parentId?: string): Promise<Member> {
  const body = { name, runtime: 'rehearsal', tier: 2, ...(parentId ? { parent_id: parentId } : {}) };
  const { id } = await tenant.asAdmin<{ id: string }>('/workspaces', { method: 'POST', body });
  return { id, name };
}

async function makeTeam(): Promise<[Member, Member, Member]> {
  const boss = await make('Boss');
  const stuck = await make('Stuck', boss.id);
  const other = await make('Other', boss.id);
  const status = async (id: string) => (await tenant.asAdmin<{ status: string }>(`/workspaces/${id}`)).status;
  for (const { id } of [boss, stuck, other])
    await until('online', async () => (await status(id)) === 'online', START_MS);
  return [boss, stuck, other];
}

/** From now on the engine ends every container but this one. */
function holdOn({ id }: Member): void {
  const container = docker('inspect', '--format', '{{.Id}}', `ws-${id}`);
  engine.refuse(new RegExp(`^(POST|DELETE) /containers/${container}`));
}

const errorsOf = (members: unknown) =>
  Object.fromEntries((members as Member[]).map(({ name, error }) => [name, error]));

describe.skipIf(!process.env.MOLECULE_TEST_DOCKER)('a team of which one role cannot be stopped', () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'molecule-tree-'));
    engine = await EngineProxy.open(join(folder, 'engine.sock'));
    tenant = await startScenarioTenant({ WORKSPACE_BACKEND: 'docker', DOCKER_HOST: `unix://${engine.path}` });
  }, START_MS);
  afterAll(async () => {
    engine.refuse(null);
    await tenant?.stop();
    await engine?.close();
    removeNetworks();
    await rm(folder, { recursive: true, force: true });
  });

  it('is paused but for that one, which is named and stopped by the sweep later; then all resume', async () => {
    const [boss, stuck, other] = await makeTeam();
    holdOn(stuck);
    const paused = await call('POST', `/workspaces/${boss.id}/pause`);
    expect(paused.body).toMatchObject({ status: 'paused', paused_count: 3 });
    expect(errorsOf(paused.body.workspaces)).toEqual({
      Boss: undefined,
      Stuck: 'paused, but still running; the server keeps trying to stop it',
      Other: undefined,
    });
    expect([boss, stuck, other].map(({ id }) => unitOf(id) !== '')).toEqual([false, true, false]);
    engine.refuse(null);
    await until('the sweep stopped it', () => unitOf(stuck.id) === '', START_MS);
    const resumed = await call('POST', `/workspaces/${boss.id}/resume`);
    expect(resumed.body).toMatchObject({ status: 'provisioning', resumed_count: 3 });
    expect(Object.keys(errorsOf(resumed.body.workspaces)).sort()).toEqual(['Boss', 'Other', 'Stuck']);

    await until('all run again', () => [boss, stuck, other].every(({ id }) => unitOf(id) !== ''), START_MS);
    holdOn(stuck);
    const path = `/workspaces/${boss.id}?confirm=true&purge=true`;
    const removed = await call('DELETE', path, { 'x-confirm-name': 'Boss' });
    expect(removed.status).toBe(500);
    expect(removed.body).toMatchObject({ removed_count: 3, stop_failures: 1 });
    expect(errorsOf(removed.body.workspaces)).toEqual({
      Boss: undefined,
      Stuck: 'removed, but still running; repeat the call to stop it',
      Other: undefined,
    });
    expect(docker('volume', 'ls', '-q', '--filter', `name=${stuck.id}`)).not.toBe('');
    engine.refuse(null);
    const again = await call('DELETE', path, { 'x-confirm-name': 'Boss' });
    expect([again.status, again.body.status]).toEqual([200, 'purged']);
    for (const { id } of [boss, stuck, other]) {
      expect(
        docker('ps', '-a', '--filter', `name=ws-${id}`, '--format', '{{.Names}} {{.State}} {{.Status}}'),
      ).toBe('');
      expect(docker('volume', 'ls', '-q', '--filter', `name=${id}`)).toBe('');
    }
  });
});
