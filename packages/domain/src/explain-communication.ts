// Explain communication: why two roles may or may not talk, in a sentence that a person can read, and who could pass a
// word on between them.
//
//   X1. The verdict is judgeCommunication's; nothing is decided here.
//   X2. A suggested relay may itself talk to both. Where any role may, one is suggested: the lowest in the chart.

import {
  ancestorsOf,
  type CommunicationRule,
  canCommunicate,
  judgeCommunication,
  type OrgChart,
} from './org-chart.ts';

/** A chart whose roles have names. */
export interface NamedChart extends OrgChart {
  nameOf(id: string): string | undefined;
}

export interface CommunicationReason {
  allowed: boolean;
  rule: CommunicationRule;
  sentence: string;
  /** The id of the nearest role that may talk to both; null when they may talk, or when no single role could relay. */
  relay: string | null;
}

export function explainCommunication(chart: NamedChart, from: string, to: string): CommunicationReason {
  const { allowed, rule } = judgeCommunication(chart, from, to);
  const relay = rule === 'unrelated' ? nearestRelay(chart, from, to) : null;
  return { allowed, rule, sentence: sentenceOf(chart, rule, from, to, relay), relay };
}

/**
 * Only those above one of the two can be related to both: what a role below or beside the one reaches of the other, the
 * two would reach themselves.
 */
function nearestRelay(chart: OrgChart, from: string, to: string): string | null {
  const fits = (id: string) => canCommunicate(chart, from, id) && canCommunicate(chart, id, to);
  const candidates = [...ancestorsOf(chart, from), ...ancestorsOf(chart, to)].filter(fits);
  const depthOf = (id: string) => ancestorsOf(chart, id).length;
  let nearest: string | null = null;
  for (const id of candidates) if (nearest === null || depthOf(id) > depthOf(nearest)) nearest = id;
  return nearest;
}

function sentenceOf(
  chart: NamedChart,
  rule: CommunicationRule,
  from: string,
  to: string,
  relay: string | null,
): string {
  const name = (id: string) => chart.nameOf(id) ?? id;
  const [a, b] = [name(from), name(to)];
  switch (rule) {
    case 'self':
      return `${a} may talk to itself.`;
    case 'siblings':
      return `${a} and ${b} may talk: both report to ${name(chart.parentOf(from) ?? '')}.`;
    case 'both_roots':
      return `${a} and ${b} may talk: both stand at the top of the chart.`;
    case 'ancestor':
      return `${a} and ${b} may talk: ${a} stands above ${b}.`;
    case 'descendant':
      return `${a} and ${b} may talk: ${b} stands above ${a}.`;
    case 'unknown_caller':
      return `${from} is unknown or was removed: it talks to nobody.`;
    case 'unknown_target':
      return `${to} is unknown or was removed: nobody talks to it.`;
    case 'unrelated':
      return `${a} and ${b} may not talk: neither stands above the other, and they do not share a manager. ${
        relay === null ? 'No single role may talk to both.' : `${name(relay)} may talk to both.`
      }`;
  }
}
