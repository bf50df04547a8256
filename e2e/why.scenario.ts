// Why scenarios: the server explains who may talk to whom; a workspace learns nothing about those it may not talk to.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifies } from './requirements.ts';
import {
  addExternalAgent,
  type ExternalAgent,
  type ScenarioTenant,
  startScenarioTenant,
} from './support/tenant.ts';

const UNKNOWN = '11111111-1111-4111-8111-111111111111';
const NAMES = ['Boss', 'Left', 'Right', 'Left One', 'Right One', 'Other'] as const;
type Name = (typeof NAMES)[number];

let tenant: ScenarioTenant;
const agents = new Map<string, ExternalAgent>();
const idOf = (name: string) => agents.get(name)?.id ?? UNKNOWN;

beforeAll(async () => {
  tenant = await startScenarioTenant();
  const managers: Record<Name, Name | null> = {
    Boss: null,
    Left: 'Boss',
    Right: 'Boss',
    'Left One': 'Left',
    'Right One': 'Right',
    Other: null,
  };
  for (const name of NAMES) {
    const manager = managers[name];
    agents.set(name, await addExternalAgent(tenant, name, manager === null ? null : idOf(manager)));
  }
});
afterAll(() => tenant?.stop());

const why = (from: string, to: string) => `/registry/why?from=${idOf(from)}&to=${idOf(to)}`;

describe('why two workspaces may talk', () => {
  it.each<[string, string, boolean, string, string, string | null]>([
    ['Left', 'Left', true, 'self', 'Left may talk to itself.', null],
    ['Left', 'Right', true, 'siblings', 'Left and Right may talk: both report to Boss.', null],
    [
      'Boss',
      'Other',
      true,
      'both_roots',
      'Boss and Other may talk: both stand at the top of the chart.',
      null,
    ],
    ['Boss', 'Left One', true, 'ancestor', 'Boss and Left One may talk: Boss stands above Left One.', null],
    ['Left One', 'Boss', true, 'descendant', 'Left One and Boss may talk: Boss stands above Left One.', null],
    [
      'Left One',
      'Right',
      false,
      'unrelated',
      'Left One and Right may not talk: neither stands above the other, and they do not share a manager. Left may talk to both.',
      'Left',
    ],
    [
      'Left',
      'Nobody',
      false,
      'unknown_target',
      `${UNKNOWN} is unknown or was removed: nobody talks to it.`,
      null,
    ],
    [
      'Nobody',
      'Left',
      false,
      'unknown_caller',
      `${UNKNOWN} is unknown or was removed: it talks to nobody.`,
      null,
    ],
  ])(verifies('access.why', '%s to %s: %s by %s'), async (from, to, allowed, rule, sentence, relay) => {
    const checked = await tenant.asAdmin('/registry/check-access', {
      method: 'POST',
      body: { caller_id: idOf(from), target_id: idOf(to) },
    });
    expect(checked).toEqual({ allowed });
    expect(await tenant.asAdmin(why(from, to))).toEqual({
      allowed,
      rule,
      sentence,
      relay: relay === null ? null : { id: idOf(relay), name: relay },
    });
  });

  it(
    verifies('access.why', 'is told to a workspace about its own, and about others as about nobody'),
    async () => {
      const headers = { authorization: `Bearer ${agents.get('Left One')?.token}` };
      const ask = async (path: string) => {
        const { status, text } = await tenant.call(path, { headers });
        return [status, text] as const;
      };
      expect((await ask(why('Left One', 'Left')))[1]).toContain('Left stands above Left One');
      const [hidden, unknown] = [
        await ask(why('Left One', 'Right One')),
        await ask(why('Left One', 'Nobody')),
      ];
      expect(hidden).toEqual(unknown);
      expect(hidden[0]).toBe(200);
      expect(await ask(why('Left', 'Right'))).toEqual([
        403,
        expect.stringContaining('a workspace may ask about itself only'),
      ]);
    },
  );

  it(verifies('access.why', 'needs both ends'), async () => {
    const headers = { authorization: `Bearer ${tenant.adminToken}` };
    expect((await tenant.call(`/registry/why?from=${idOf('Left')}`, { headers })).status).toBe(400);
  });
});
