// Restart contexts are told once, to agents that come up in time. Cites R1 and R2.

import type { WorkspaceState } from '@molecule/domain';
import { createLog } from '@molecule/kit';
import { type FakeClock, fakeClock } from '@molecule/testkit';
import { beforeEach, describe, expect, it } from 'vitest';
import { RestartContext } from './restart-context.ts';
import { NO_VITALS } from './vitals.ts';

const ID = '11111111-1111-4111-8111-111111111111';

let clock: FakeClock;
let status: string;
let sent: string[];
let context: RestartContext;

beforeEach(() => {
  clock = fakeClock();
  status = 'provisioning';
  sent = [];
  context = new RestartContext({
    directory: { get: () => ({ id: ID, status }) as WorkspaceState },
    vitals: { of: () => ({ ...NO_VITALS, lastHeartbeatAt: clock.now() - 60_000 }) },
    clock,
    log: createLog({ level: 'silent' }),
    secretNames: { of: async () => ['KEY'] },
    send: async (id, message) => {
      sent.push(`${id} ${JSON.stringify(message)}`);
    },
  });
});

const state = (name: string, statusReason: string | null = null) =>
  ({ id: ID, status: name, statusReason }) as WorkspaceState;

describe('a restart context', () => {
  it('is told once the agent is online, and only once (R1)', async () => {
    context.expect(ID);
    await context.round();
    expect(sent).toEqual([]);
    status = 'online';
    context.expect(ID);
    await context.round();
    await context.round();
    await expect.poll(() => sent).toHaveLength(1);
    expect(sent[0]).toContain('Env vars now available: KEY');
    expect(sent[0]).toContain('(0h 1m ago)');
  });

  it('is given up after 30 s (R2)', async () => {
    context.expect(ID);
    await clock.advance(30_001);
    status = 'online';
    await context.round();
    expect(sent).toEqual([]);
  });

  it('follows an automatic restart, but not the start after an orderly stop of the server', async () => {
    status = 'online';
    context.noteChange(state('offline', 'server_stopped'), state('provisioning'));
    context.noteChange(state('hibernated'), state('provisioning'));
    await context.round();
    expect(sent).toEqual([]);
    context.noteChange(state('offline', 'process_gone'), state('provisioning'));
    await context.round();
    await expect.poll(() => sent).toHaveLength(1);
  });

  it('is forgotten with its workspace', async () => {
    context.expect(ID);
    context.noteChange(state('provisioning'), state('removed'));
    status = 'online';
    await context.round();
    expect(sent).toEqual([]);
  });
});
