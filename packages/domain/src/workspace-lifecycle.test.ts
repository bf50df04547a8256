// The lifecycle as a model: it is small enough to look at every state and every trigger.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decideTransition,
  type LifecycleTrigger,
  TRANSITIONS,
  triggersOfBeat,
} from './workspace-lifecycle.ts';
import {
  comesBackByItself,
  isLeased,
  isTransient,
  WAITS_FOR,
  WORKSPACE_STATUSES,
  type WorkspaceStatus,
} from './workspace-status.ts';

const TRIGGERS = [...new Set(TRANSITIONS.map((row) => row.trigger))];
/** Triggers that come from a clock, a process or an agent; all others need a person or a message. */
const BY_ITSELF: readonly LifecycleTrigger[] = [
  'register',
  'heartbeat',
  'lease_expired',
  'process_gone',
  'external_stale',
  'provision_failed',
  'hibernate_done',
  'hibernate_timed_out',
];

function reachableFrom(
  start: WorkspaceStatus,
  triggers: readonly LifecycleTrigger[] = TRIGGERS,
): Set<WorkspaceStatus> {
  const seen = new Set([start]);
  for (const status of seen) {
    for (const trigger of triggers) {
      const decision = decideTransition(status, trigger);
      if (decision) seen.add(decision.to);
    }
  }
  return seen;
}

describe('the lifecycle', () => {
  it('can reach every status from a new workspace', () => {
    expect([...reachableFrom('provisioning')].sort()).toEqual([...WORKSPACE_STATUSES].sort());
  });

  it.each(WORKSPACE_STATUSES.filter((s) => s !== 'removed'))('can be removed from %s', (status) => {
    expect(decideTransition(status, 'remove')?.to).toBe('removed');
  });

  it('ends with removed (W2)', () => {
    expect(TRIGGERS.filter((trigger) => decideTransition('removed', trigger))).toEqual([]);
  });

  it('has at most one row for a status and a trigger (W1)', () => {
    for (const trigger of TRIGGERS) {
      for (const status of WORKSPACE_STATUSES) {
        const rows = TRANSITIONS.filter((row) => row.trigger === trigger && row.from.includes(status));
        expect(rows.length, `${status} × ${trigger}`).toBeLessThanOrEqual(1);
        expect(decideTransition(status, trigger)?.to, `${status} × ${trigger}`).toBe(rows[0]?.to);
      }
    }
  });

  it.each(WORKSPACE_STATUSES.filter(isTransient))('leaves %s without a person', (status) => {
    const ways = BY_ITSELF.map((trigger) => decideTransition(status, trigger)?.to).filter(
      (to) => to && to !== status,
    );
    expect(ways.length).toBeGreaterThan(0);
    expect([...reachableFrom(status, BY_ITSELF)].some((to) => !isTransient(to))).toBe(true);
  });

  it('asks for a deadline exactly when it enters a transient status (W3)', () => {
    for (const trigger of TRIGGERS) {
      for (const status of WORKSPACE_STATUSES) {
        const decision = decideTransition(status, trigger);
        if (decision) expect(decision.needsDeadline).toBe(isTransient(decision.to));
      }
    }
  });

  it('tells every change but the silent claim of a hibernation', () => {
    const silent = TRANSITIONS.filter((row) => row.events.length === 0).map((row) => row.trigger);
    expect(silent).toEqual(['hibernate_claimed']);
  });

  it('is not woken by the agent of a role that was paused, hibernated or removed', () => {
    for (const status of ['paused', 'hibernating', 'hibernated', 'removed'] as const) {
      expect(decideTransition(status, 'register'), status).toBeNull();
      expect(decideTransition(status, 'heartbeat'), status).toBeNull();
    }
  });

  it('does not take a role that is starting for one that is lost', () => {
    expect(decideTransition('provisioning', 'lease_expired')).toBeNull();
    expect(decideTransition('provisioning', 'process_gone')).toBeNull();
  });

  it('says of every resting status, and only of those, what it waits for', () => {
    for (const status of WORKSPACE_STATUSES) {
      const rests = !isTransient(status) && !isLeased(status) && status !== 'removed';
      expect(WAITS_FOR[status] !== null, status).toBe(rests);
    }
  });

  it('holds messages for those that come back without a person', () => {
    const held = WORKSPACE_STATUSES.filter(comesBackByItself);
    expect(held.filter((status) => WAITS_FOR[status] === 'person')).toEqual([]);
    expect(held).not.toContain('removed');
  });
});

describe('a heartbeat', () => {
  const beat = fc.record({
    errorRate: fc.double({ min: 0, max: 1, noNaN: true }),
    isWedged: fc.boolean(),
    ownsStatus: fc.boolean(),
  });

  it('means at most one change, whatever it reports', () => {
    fc.assert(
      fc.property(fc.constantFrom(...WORKSPACE_STATUSES), beat, (status, given) => {
        const changes = triggersOfBeat(status, given).filter((trigger) => decideTransition(status, trigger));
        expect(changes.length).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('degrades at half of the calls failing and recovers below a tenth', () => {
    const rate = (errorRate: number) => ({ errorRate, isWedged: false, ownsStatus: false });
    expect(triggersOfBeat('online', rate(0.49))).toEqual([]);
    expect(triggersOfBeat('online', rate(0.5))).toEqual(['heartbeat_failing']);
    expect(triggersOfBeat('degraded', rate(0.1))).toEqual([]);
    expect(triggersOfBeat('degraded', rate(0.09))).toEqual(['heartbeat_recovered']);
  });

  it('leaves the status to an engine that owns it, unless it is wedged', () => {
    expect(triggersOfBeat('online', { errorRate: 1, isWedged: false, ownsStatus: true })).toEqual([]);
    expect(triggersOfBeat('degraded', { errorRate: 0, isWedged: false, ownsStatus: true })).toEqual([]);
    expect(triggersOfBeat('online', { errorRate: 0, isWedged: true, ownsStatus: true })).toEqual([
      'heartbeat_failing',
    ]);
  });

  it('of a wedged role never counts as recovered', () => {
    expect(triggersOfBeat('degraded', { errorRate: 0, isWedged: true, ownsStatus: false })).toEqual([]);
  });
});
