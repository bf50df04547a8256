// Preview move: what a move in the chart would expose or hide, said before anything is moved. It asks the rules that decide
// after the move, over the chart as it would be; nothing is guessed and nothing is written.
//
//   P1. What is told is the whole difference: a permission that is not listed stays as it is, for everybody.
//   P2. Talk changes only between the branch that moves and those outside it: the chains above its old and its new place,
//       and, for the moved one alone, its old and new siblings.
//   P3. Memory changes for three at most: the moved one, the manager it leaves and the manager it joins.

import type { memories } from '@molecule/contracts';
import { ancestorsOf, canCommunicate } from '@molecule/domain';
import { checkMove, requireWorkspace } from '../workspaces/index.ts';
import {
  kindOf,
  type MemoryChart,
  namespaceForScope,
  namespacesOf,
  type OrgNamespaces,
  ownerOf,
} from './memory-access.ts';
import type { MemoryDeps } from './memory-deps.ts';

export type PreviewDeps = Pick<MemoryDeps, 'directory' | 'orgs'>;

/** Refused as the move itself would be: 400 for a parent that is unknown, below, itself or too deep. */
export function previewMove(deps: PreviewDeps, id: string, parentId: string | null): memories.MovePreview {
  const moved = requireWorkspace(deps.directory, id);
  checkMove(deps, moved.id, parentId);
  const from = deps.directory;
  const to = movedChart(from, moved.id, parentId);
  const managers = [moved.parentId, parentId].filter((manager) => manager !== null);
  const concerned = [...new Set([moved.id, ...managers])];
  return {
    workspace_id: moved.id,
    old_parent_id: moved.parentId,
    new_parent_id: parentId,
    talk: difference(from, talkOf(from, moved.id, from, to), talkOf(to, moved.id, from, to), toPair),
    memory: difference(
      from,
      accessOf(from, deps.orgs, concerned),
      accessOf(to, deps.orgs, concerned),
      toAccess,
    ),
    team_writes: concerned.flatMap((who) => {
      const [before, after] = [from, to].map((chart) => namespaceForScope(chart, { id: who }, 'TEAM'));
      if (before === undefined || after === undefined || before === after) return [];
      return [{ workspace: nameOf(from, who), from: before, to: after }];
    }),
  };
}

/** The chart as it would be. */
function movedChart(chart: MemoryChart, id: string, parentId: string | null): MemoryChart {
  const oldParent = chart.parentOf(id);
  return {
    get: (who) => chart.get(who),
    parentOf: (who) => (who === id ? parentId : chart.parentOf(who)),
    childrenOf(who) {
      const children = chart.childrenOf(who);
      if (oldParent === parentId) return children;
      if (who === oldParent) return children.filter((child) => child.id !== id);
      const moved = chart.get(id);
      return who === parentId && moved ? [...children, moved] : children;
    },
  };
}

/** Pairs `inside outside` that may talk by `chart`, among those whom the move can concern (P2). */
function talkOf(chart: MemoryChart, id: string, from: MemoryChart, to: MemoryChart): Set<string> {
  const branch = branchOf(from, id);
  const chains = new Set([...ancestorsOf(from, id), ...ancestorsOf(to, id)]);
  const siblings = [from, to].flatMap((one) => one.childrenOf(one.parentOf(id) ?? null)).map((one) => one.id);
  const pairs = new Set<string>();
  for (const inside of branch) {
    for (const outside of inside === id ? new Set([...chains, ...siblings]) : chains) {
      if (!branch.has(outside) && canCommunicate(chart, inside, outside)) pairs.add(`${inside} ${outside}`);
    }
  }
  return pairs;
}

function branchOf(chart: MemoryChart, id: string): Set<string> {
  const branch = new Set([id]);
  for (const one of branch) for (const child of chart.childrenOf(one)) branch.add(child.id);
  return branch;
}

function accessOf(chart: MemoryChart, orgs: OrgNamespaces, concerned: readonly string[]): Set<string> {
  return new Set(
    concerned.flatMap((who) =>
      namespacesOf(chart, orgs, who).flatMap(({ name, isWritable }) => [
        `${who} ${name} read`,
        ...(isWritable ? [`${who} ${name} write`] : []),
      ]),
    ),
  );
}

function difference<T>(
  chart: MemoryChart,
  before: ReadonlySet<string>,
  after: ReadonlySet<string>,
  tell: (chart: MemoryChart, fact: string) => T,
): { gained: T[]; lost: T[] } {
  return {
    gained: [...after].filter((fact) => !before.has(fact)).map((fact) => tell(chart, fact)),
    lost: [...before].filter((fact) => !after.has(fact)).map((fact) => tell(chart, fact)),
  };
}

function toPair(chart: MemoryChart, fact: string): memories.TalkChange {
  const [inside = '', outside = ''] = fact.split(' ');
  return { workspace: nameOf(chart, inside), with: nameOf(chart, outside) };
}

function toAccess(chart: MemoryChart, fact: string): memories.AccessChange {
  const [who = '', namespace = '', access] = fact.split(' ');
  return {
    workspace: nameOf(chart, who),
    namespace,
    kind: kindOf(namespace),
    label: nameOf(chart, ownerOf(namespace)).name,
    access: access === 'write' ? 'write' : 'read',
  };
}

function nameOf(chart: MemoryChart, id: string): memories.NamedWorkspace {
  return { id, name: chart.get(id)?.name ?? id };
}
