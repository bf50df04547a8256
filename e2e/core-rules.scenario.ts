// Core rules: who may talk to whom, asked of the check and proven by a message.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifies } from './requirements.ts';
import { bearer, expectAnswer, sendAs } from './support/exchange.ts';
import {
  addExternalAgent,
  type ExternalAgent,
  type ScenarioTenant,
  startScenarioTenant,
} from './support/tenant.ts';

const DEPTH = 31;
const DENIED = 'access denied: workspaces cannot communicate per hierarchy rules';

let tenant: ScenarioTenant;
const agents = new Map<string, ExternalAgent>();
const of = (name: string): ExternalAgent => {
  const agent = agents.get(name);
  if (!agent) throw new Error(`nobody is called ${name}`);
  return agent;
};

/** root → {left → {left low}, right → {right low}}, another root, a removed one, and the longest chain that may be. */
beforeAll(async () => {
  tenant = await startScenarioTenant();
  const add = async (name: string, parent: string | null) =>
    void agents.set(name, await addExternalAgent(tenant, name, parent === null ? null : of(parent).id));
  await add('root', null);
  await add('other root', null);
  await add('left', 'root');
  await add('right', 'root');
  await add('left low', 'left');
  await add('right low', 'right');
  await add('gone', 'root');
  await add('level 0', null);
  for (let level = 1; level <= DEPTH; level++) await add(`level ${level}`, `level ${level - 1}`);
  await tenant.asAdmin(`/workspaces/${of('gone').id}`, { method: 'DELETE' });
});

afterAll(() => tenant?.stop());

const message = { method: 'message/send', params: { message: { role: 'user', parts: [{ text: 'x' }] } } };

async function check(from: string, to: string): Promise<[asked: boolean, sent: number]> {
  const body = { caller_id: of(from).id, target_id: of(to).id };
  const { allowed } = await tenant.asAdmin<{ allowed: boolean }>('/registry/check-access', {
    method: 'POST',
    body,
  });
  const send = sendAs(tenant, { ...bearer(of(from).token), 'x-workspace-id': of(from).id });
  return [allowed, (await send('POST', `/workspaces/${of(to).id}/a2a`, message)).status];
}

describe('who may talk to whom', () => {
  it.each([
    [verifies('core.5-self', 'a workspace to itself'), 'left', 'left'],
    [verifies('core.5-siblings', 'siblings'), 'left', 'right'],
    [verifies('core.5-roots', 'roots'), 'root', 'other root'],
    [verifies('core.5-ancestors', 'a manager to its report'), 'left', 'left low'],
    [verifies('core.5-ancestors', 'a report to its manager'), 'left low', 'left'],
    [verifies('core.5-ancestors', 'the top to the bottom'), 'root', 'left low'],
    [verifies('core.5-ancestors', 'the bottom to the top'), 'left low', 'root'],
    [verifies('core.5-ancestors', '31 levels down'), 'level 0', 'level 31'],
    [verifies('core.5-ancestors', '31 levels up'), 'level 31', 'level 0'],
  ])('%s: yes', async (_title, from, to) => {
    expect(await check(from, to)).toEqual([true, 200]);
  });

  it.each([
    [verifies('core.5-others', 'cousins'), 'left low', 'right low'],
    [verifies('core.5-others', 'an uncle'), 'left low', 'right'],
    [verifies('core.5-others', 'a nephew'), 'right', 'left low'],
    [verifies('core.5-others', 'below another root'), 'other root', 'left'],
  ])('%s: no', async (_title, from, to) => {
    expect(await check(from, to)).toEqual([false, 403]);
  });

  it(verifies('core.5-ancestors', 'deeper than that no chart may be'), async () => {
    const body = { name: 'deeper', external: true, parent_id: of(`level ${DEPTH}`).id };
    const answer = await sendAs(tenant, bearer(tenant.adminToken))('POST', '/workspaces', body);
    expectAnswer(answer, 400, 'the org chart would be too deep');
  });

  it(verifies('core.5-others', 'the removed and the unknown: no'), async () => {
    for (const target_id of [of('gone').id, crypto.randomUUID()]) {
      const body = { caller_id: of('left').id, target_id };
      expect(await tenant.asAdmin('/registry/check-access', { method: 'POST', body })).toEqual({
        allowed: false,
      });
    }
    const nobody = crypto.randomUUID();
    const body = { caller_id: nobody, target_id: nobody };
    expect(await tenant.asAdmin('/registry/check-access', { method: 'POST', body })).toEqual({
      allowed: false,
    });
    const send = sendAs(tenant, { ...bearer(of('left low').token), 'x-workspace-id': of('left low').id });
    expectAnswer(await send('POST', `/workspaces/${of('right').id}/a2a`, message), 403, DENIED);
  });

  it.each(['webhook:github', 'system:x', 'test:x', 'channel:slack'])(
    verifies(['core.5-system', 'core.6.2-system'], '%s from the network: no'),
    async (named) => {
      const send = sendAs(tenant, { ...bearer(tenant.adminToken), 'x-workspace-id': named });
      expectAnswer(await send('POST', `/workspaces/${of('left').id}/a2a`, message), 403, 'invalid caller ID');
    },
  );
});
