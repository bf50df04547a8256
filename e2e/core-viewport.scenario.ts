// Core viewport: where the canvas was last looked at.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifies } from './requirements.ts';
import { bearer, exchange, expectAnswer, type Row, type Send, sendAs } from './support/exchange.ts';
import { type ScenarioTenant, startScenarioTenant } from './support/tenant.ts';

let tenant: ScenarioTenant;
let asAdmin: Send;

beforeAll(async () => {
  tenant = await startScenarioTenant();
  asAdmin = sendAs(tenant, bearer(tenant.adminToken));
});
afterAll(() => tenant?.stop());

const read = () => sendAs(tenant, {})('GET', '/canvas/viewport');
const save = (body: unknown) => asAdmin('PUT', '/canvas/viewport', body);

describe('the viewport', () => {
  it(verifies('core.15-read', 'is the origin until it is saved, for anybody'), async () => {
    expectAnswer(await read(), 200, { x: 0, y: 0, zoom: 1 });
  });

  it(verifies('core.15-save', 'is what was saved last'), async () => {
    for (const view of [
      { x: -12.5, y: 3e4, zoom: 0.25 },
      { x: 0, y: 0, zoom: 2 },
    ]) {
      expectAnswer(await save(view), 200, { status: 'saved' });
      expectAnswer(await read(), 200, view);
    }
  });

  const ROWS: Row[] = (
    [
      ['nothing', undefined],
      ['broken JSON', '{'],
      ['a list', []],
      ['no zoom', { x: 1, y: 2 }],
      ['words', { x: 'left', y: 2, zoom: 1 }],
      ['null', { x: null, y: 2, zoom: 1 }],
    ] as const
  ).map(([title, body]) => [verifies('core.15-save', title), () => save(body), 400, 'invalid viewport data']);
  it.each(ROWS)('is not %s', exchange);

  it(verifies('core.15-read', 'stays as it was after a refusal'), async () => {
    expect((await read()).text).toBe('{"x":0,"y":0,"zoom":2}');
  });
});
