// Hops: messages on their way from one role to another, as the board draws them.
//
//   H1. A hop is open while more were started than ended; the same end told twice (by the relay and by the sender) counts once.
//   H2. A settled hop stays for SETTLE_MS, so that a fast one is seen too, and then goes.
//   H3. A hop whose end was never told goes after STALE_MS: the board never shows work that may have ended long ago.

export const SETTLE_MS = 1_600;
export const STALE_MS = 30 * 60_000;

export type HopOutcome = 'ok' | 'error';

export interface Hop {
  /** `<source>><target>`: one drawn line per direction, however many messages are on it. */
  key: string;
  sourceId: string;
  targetId: string;
  started: number;
  endedAtRelay: number;
  endedAtSender: number;
  /** Asynchronous delegations that are open, by their id. */
  delegations: readonly string[];
  lastChangeMs: number;
  settledAtMs: number | null;
  outcome: HopOutcome;
}

export type Hops = Readonly<Record<string, Hop>>;

export function hopKey(sourceId: string, targetId: string): string {
  return `${sourceId}>${targetId}`;
}

/** How many messages of this hop are under way. */
export function openCount(hop: Hop): number {
  return Math.max(0, hop.started - Math.max(hop.endedAtRelay, hop.endedAtSender)) + hop.delegations.length;
}

export type HopStep =
  | { kind: 'started' }
  | { kind: 'ended'; toldBy: 'relay' | 'sender'; outcome: HopOutcome }
  | { kind: 'delegated'; delegationId: string }
  | { kind: 'delegation_ended'; delegationId: string; outcome: HopOutcome };

export function stepHop(hops: Hops, sourceId: string, targetId: string, step: HopStep, nowMs: number): Hops {
  if (sourceId === targetId) return hops;
  const key = hopKey(sourceId, targetId);
  const before = hops[key] ?? freshHop(key, sourceId, targetId, nowMs);
  const after = applyStep(before, step);
  if (openCount(after) > 0) {
    return { ...hops, [key]: { ...after, lastChangeMs: nowMs, settledAtMs: null } };
  }
  // Nothing is open any more: later ends of the same messages start from zero again.
  const settledAtMs = before.settledAtMs ?? nowMs;
  return {
    ...hops,
    [key]: { ...freshHop(key, sourceId, targetId, nowMs), settledAtMs, outcome: after.outcome },
  };
}

function applyStep(hop: Hop, step: HopStep): Hop {
  switch (step.kind) {
    case 'started':
      return { ...hop, started: hop.started + 1, outcome: 'ok' };
    case 'ended': {
      const field = step.toldBy === 'relay' ? 'endedAtRelay' : 'endedAtSender';
      return { ...hop, [field]: Math.min(hop[field] + 1, hop.started), outcome: step.outcome };
    }
    case 'delegated':
      return hop.delegations.includes(step.delegationId)
        ? hop
        : { ...hop, delegations: [...hop.delegations, step.delegationId], outcome: 'ok' };
    case 'delegation_ended':
      return {
        ...hop,
        delegations: hop.delegations.filter((id) => id !== step.delegationId),
        outcome: step.outcome,
      };
  }
}

function freshHop(key: string, sourceId: string, targetId: string, nowMs: number): Hop {
  return {
    key,
    sourceId,
    targetId,
    started: 0,
    endedAtRelay: 0,
    endedAtSender: 0,
    delegations: [],
    lastChangeMs: nowMs,
    settledAtMs: null,
    outcome: 'ok',
  };
}

/** Drops what has been settled or silent for long enough (H2, H3). The same object when nothing goes. */
export function sweepHops(hops: Hops, nowMs: number): Hops {
  const kept = Object.values(hops).filter((hop) =>
    hop.settledAtMs === null ? nowMs - hop.lastChangeMs < STALE_MS : nowMs - hop.settledAtMs < SETTLE_MS,
  );
  if (kept.length === Object.keys(hops).length) return hops;
  return Object.fromEntries(kept.map((hop) => [hop.key, hop]));
}
