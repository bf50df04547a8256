// Socket gate scenarios: an upgrade to `/ws` passes the rate limit and the tenant guard like any other request.

import type { IncomingMessage } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { verifies } from './requirements.ts';
import { type ScenarioTenant, startScenarioTenant } from './support/tenant.ts';

const ORG = '5f0c2b7e-1d64-4c1a-9a58-0d2f5d1b6a44';
const BUDGET = 5;

let tenant: ScenarioTenant;
afterEach(() => tenant?.stop());

/** The status of the upgrade; 101 for a socket that opened, and closed again. */
function upgrade(headers: Record<string, string>): Promise<{ status: number; retryAfter: string | null }> {
  const socket = new WebSocket(`${tenant.url.replace('http', 'ws')}/ws`, { headers });
  return new Promise((resolve, reject) => {
    socket.on('open', () => {
      socket.close();
      resolve({ status: 101, retryAfter: null });
    });
    socket.on('unexpected-response', (_request, response: IncomingMessage) => {
      resolve({ status: response.statusCode ?? 0, retryAfter: response.headers['retry-after'] ?? null });
      response.destroy();
    });
    socket.on('error', reject);
  });
}

describe('an upgrade to /ws', () => {
  it(verifies('core.1.4-budget', 'counts against the budget of its caller'), async () => {
    tenant = await startScenarioTenant({ RATE_LIMIT: String(BUDGET) });
    const headers = { authorization: `Bearer ${tenant.adminToken}` };
    for (let at = 0; at < BUDGET; at++) expect((await upgrade(headers)).status).toBe(101);
    const refused = await upgrade(headers);
    expect(refused.status).toBe(429);
    expect(Number(refused.retryAfter)).toBeGreaterThan(0);
    // Those without a valid credential share a budget of their own, by address.
    for (let at = 0; at < BUDGET; at++) expect((await upgrade({})).status).toBe(401);
    expect((await upgrade({ authorization: 'Bearer wrong' })).status).toBe(429);
  });

  it(verifies('core.1.7-fail', 'looks like an unknown route to those of another organisation'), async () => {
    tenant = await startScenarioTenant({ MOLECULE_ORG_ID: ORG });
    const admin = { authorization: `Bearer ${tenant.adminToken}` };
    const rows: Record<string, string>[] = [
      { ...admin, 'x-molecule-org-id': ORG },
      admin,
      { ...admin, 'x-molecule-org-id': 'another' },
      { 'x-molecule-org-id': ORG },
      {},
    ];
    const statuses: number[] = [];
    for (const headers of rows) statuses.push((await upgrade(headers)).status);
    expect(statuses).toEqual([101, 404, 404, 404, 404]);
  });
});
