// Org chart: who may talk to whom. The chart is the topology and the access policy at once.
//
//   C1. Self, siblings, roots among each other, and ancestors with descendants at any depth may talk. Nobody else.
//   C2. A workspace that is unknown or removed talks to nobody, not even to itself.
//   C3. The rule is symmetric.
//   C4. The walk up is bounded: a chart deeper than MAX_DEPTH denies rather than loops.

export const MAX_DEPTH = 32;

/** A chart as the rule sees it: the parent of each live workspace (`null` for a root). Absent means unknown or removed. */
export interface OrgChart {
  parentOf(id: string): string | null | undefined;
}

export type CommunicationRule =
  | 'self'
  | 'siblings'
  | 'both_roots'
  | 'ancestor'
  | 'descendant'
  | 'unknown_caller'
  | 'unknown_target'
  | 'unrelated';

export interface CommunicationVerdict {
  allowed: boolean;
  rule: CommunicationRule;
}

/** Decides whether `from` may talk to `to`, and by which rule. Total: never throws. */
export function judgeCommunication(chart: OrgChart, from: string, to: string): CommunicationVerdict {
  const fromParent = chart.parentOf(from);
  if (fromParent === undefined) return { allowed: false, rule: 'unknown_caller' };
  const toParent = chart.parentOf(to);
  if (toParent === undefined) return { allowed: false, rule: 'unknown_target' };
  if (from === to) return { allowed: true, rule: 'self' };
  if (fromParent === null && toParent === null) return { allowed: true, rule: 'both_roots' };
  if (fromParent !== null && fromParent === toParent) return { allowed: true, rule: 'siblings' };
  if (isAncestor(chart, from, to)) return { allowed: true, rule: 'ancestor' };
  if (isAncestor(chart, to, from)) return { allowed: true, rule: 'descendant' };
  return { allowed: false, rule: 'unrelated' };
}

export function canCommunicate(chart: OrgChart, from: string, to: string): boolean {
  return judgeCommunication(chart, from, to).allowed;
}

/** True when `ancestor` stands somewhere above `id`. Bounded by MAX_DEPTH (C4). */
export function isAncestor(chart: OrgChart, ancestor: string, id: string): boolean {
  let at = chart.parentOf(id);
  for (let depth = 0; depth < MAX_DEPTH && at != null; depth++) {
    if (at === ancestor) return true;
    at = chart.parentOf(at);
  }
  return false;
}

/** The chain from `id` (exclusive) to its root, nearest first; bounded by MAX_DEPTH. */
export function ancestorsOf(chart: OrgChart, id: string): string[] {
  const chain: string[] = [];
  let at = chart.parentOf(id);
  while (at != null && chain.length < MAX_DEPTH) {
    chain.push(at);
    at = chart.parentOf(at);
  }
  return chain;
}

/** Would giving `id` the parent `newParent` close a cycle, or make a chain deeper than MAX_DEPTH? */
export function judgeMove(
  chart: OrgChart,
  id: string,
  newParent: string | null,
  depthBelow: number,
): 'ok' | 'unknown_parent' | 'self' | 'cycle' | 'too_deep' {
  if (newParent === null) return 'ok';
  if (newParent === id) return 'self';
  if (chart.parentOf(newParent) === undefined) return 'unknown_parent';
  if (isAncestor(chart, id, newParent)) return 'cycle';
  return ancestorsOf(chart, newParent).length + 1 + depthBelow >= MAX_DEPTH ? 'too_deep' : 'ok';
}
