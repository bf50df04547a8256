// Proves that a call to an agent ends at its ceiling, however much the agent lives, and that people have none (A1).

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { TIMEOUTS_MS } from '@molecule/domain';
import { type FakeClock, fakeClock } from '@molecule/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AgentConnections } from './agent-connection.ts';
import { ceilingOf } from './relay-message.ts';

const GUARD = { isPrivateNetworkAllowed: false, isDevelopment: true };
const MINUTE_MS = 60_000;

let server: Server;
let url: string;
let clock: FakeClock;
let connections: AgentConnections;

beforeAll(async () => {
  server = createServer((request) => void request.resume());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  clock = fakeClock();
  connections = new AgentConnections(clock, GUARD, () => TIMEOUTS_MS.a2aIdle);
});
afterEach(() => connections.stop());

const call = (sender: string | null, hasNoCeiling = false) =>
  connections
    .send({
      workspaceId: 'agent',
      url,
      isUrlOurs: true,
      body: '{}',
      deadlineMs: null,
      ceilingMs: ceilingOf({ sender, hasNoCeiling }),
    })
    .then(
      () => 'answered',
      (error: Error) => error.message,
    );

/** The agent gives signs of life all the time, so the idle limit never ends the call. */
async function live(ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= MINUTE_MS) {
    await clock.advance(Math.min(left, MINUTE_MS));
    connections.noteSignOfLife('agent');
  }
}

/** Longer than the steps in which limits are looked at. */
const twoLooks = () => new Promise<string>((resolve) => setTimeout(() => resolve('goes on'), 600));

describe('a call to an agent that lives and does not answer', () => {
  it('[core.6.5-absolute] ends after 30 minutes for a named caller, and not before', async () => {
    const ended = call('workspace');
    await live(TIMEOUTS_MS.a2aCeiling - 1);
    expect(await Promise.race([ended, twoLooks()])).toBe('goes on');
    await live(1);
    expect(await ended).toBe('no answer within the ceiling limit of 1800 s');
  });

  it.each<[string, string | null, boolean]>([
    ['people', null, false],
    ['a caller that asked for none', 'workspace', true],
  ])('[core.6.5-absolute] goes on after 30 minutes for %s', async (_who, sender, hasNoCeiling) => {
    const ended = call(sender, hasNoCeiling);
    await live(TIMEOUTS_MS.a2aCeiling + MINUTE_MS);
    expect(await Promise.race([ended, twoLooks()])).toBe('goes on');
    connections.abortAll('agent', 'the test is over');
    expect(await ended).toBe('the test is over');
  });
});
