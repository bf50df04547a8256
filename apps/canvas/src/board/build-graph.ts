// Build graph: from roles and hops to the cards and lines that the board draws. Pure.

import { type Edge, type Node, Position } from '@xyflow/react';
import { type Hop, type Hops, openCount } from '../features/hops/model.ts';
import { childrenByParent, type Roles } from '../features/workspaces/model.ts';
import { say } from '../languages/say.ts';
import { arcPath, bondPath } from './bond-path.ts';
import { CARD, layoutChart, type Placed, type Point } from './layout.ts';

export type RoleNode = Node<{ id: string }, 'role'>;
export type BondEdge = Edge<{ path: string }, 'bond'>;
export interface HopEdgeData extends Record<string, unknown> {
  path: string;
  /** The path runs from manager to report; this message goes the other way. */
  isReversed: boolean;
  isOpen: boolean;
  isError: boolean;
  count: number;
  label: string;
}
export type HopEdge = Edge<HopEdgeData, 'hop'>;

/**
 * Lines are drawn from the placement, but React Flow draws none for a card without connection points: these before the
 * card is measured or while it is out of sight, the card's own Handles afterwards.
 */
const HANDLES = [
  {
    type: 'source' as const,
    position: Position.Bottom,
    x: CARD.width / 2,
    y: CARD.height,
    width: 1,
    height: 1,
  },
  { type: 'target' as const, position: Position.Top, x: CARD.width / 2, y: 0, width: 1, height: 1 },
];

/** Who reports to whom is said by the outline; thousands of lines would only be noise to a screen reader. */
const HIDDEN = { 'aria-hidden': true, 'aria-roledescription': undefined } as const;
/** The card inside says what it is. */
const PLAIN = { 'aria-roledescription': undefined } as const;

export type Placement = ReadonlyMap<string, Placed>;
export type Moves = Readonly<Record<string, Point>>;

/** Where everybody stands; `moved` holds chosen places that the server has not confirmed yet. */
export function placeRoles(roles: Roles, moved: Moves): Placement {
  const chart = childrenByParent(roles);
  const moving = Object.keys(moved).length > 0;
  if (!moving) return layoutChart(chart);
  const adjusted = new Map(
    [...chart].map(([parent, list]) => [parent, list.map((r) => ({ ...r, ...moved[r.id] }))]),
  );
  return layoutChart(adjusted);
}

export function buildNodes(placement: Placement): RoleNode[] {
  return [...placement].map(([id, at]) => ({
    id,
    type: 'role',
    position: { x: at.x, y: at.y },
    data: { id },
    width: CARD.width,
    height: CARD.height,
    measured: CARD,
    // A card that somebody put on others stands above them.
    zIndex: at.isByHand ? 1 : 0,
    handles: HANDLES,
    focusable: false,
    selectable: false,
    domAttributes: PLAIN,
  }));
}

export function buildBonds(roles: Roles, placement: Placement): BondEdge[] {
  const bonds: BondEdge[] = [];
  const label = say('board.bond');
  for (const [id, at] of placement) {
    const managerId = roles[id]?.parentId;
    const manager = managerId ? placement.get(managerId) : undefined;
    if (!managerId || !manager) continue;
    bonds.push({
      id: `bond-${id}`,
      type: 'bond',
      source: managerId,
      target: id,
      ariaLabel: label,
      domAttributes: HIDDEN,
      data: { path: bondPath(manager, at) },
      focusable: false,
      selectable: false,
    });
  }
  return bonds;
}

export function buildHops(hops: Hops, roles: Roles, placement: Placement): HopEdge[] {
  return Object.values(hops)
    .map((hop) => buildHop(hop, roles, placement))
    .filter((edge) => edge !== null);
}

function buildHop(hop: Hop, roles: Roles, placement: Placement): HopEdge | null {
  const source = placement.get(hop.sourceId);
  const target = placement.get(hop.targetId);
  if (!source || !target) return null;
  const isDown = roles[hop.targetId]?.parentId === hop.sourceId;
  const isUp = roles[hop.sourceId]?.parentId === hop.targetId;
  const path = isDown ? bondPath(source, target) : isUp ? bondPath(target, source) : arcPath(source, target);
  const count = openCount(hop);
  const label = say('board.hop', {
    from: roles[hop.sourceId]?.name ?? say('board.aRoleFirst'),
    to: roles[hop.targetId]?.name ?? say('board.aRole'),
  });
  return {
    id: `hop-${hop.key}`,
    type: 'hop',
    source: hop.sourceId,
    target: hop.targetId,
    ariaLabel: label,
    domAttributes: { 'aria-roledescription': say('board.message') },
    zIndex: 5,
    focusable: false,
    selectable: false,
    data: {
      path,
      isReversed: isUp,
      isOpen: count > 0,
      isError: hop.outcome === 'error',
      count,
      label,
    },
  };
}

export type Direction = 'up' | 'down' | 'left' | 'right';

/** The card that an arrow key leads to: the manager, the first report, or the neighbour on the same level. */
export function neighbourOf(
  roles: Roles,
  placement: Placement,
  id: string,
  direction: Direction,
): string | null {
  const at = placement.get(id);
  if (!at) return null;
  const managerId = roles[id]?.parentId ?? null;
  if (direction === 'up' && !at.isHung) return managerId && placement.has(managerId) ? managerId : null;
  const chart = childrenByParent(roles);
  const reports = chart.get(id) ?? [];
  if (direction === 'down' && reports[0]) return reports[0].id;
  return nearest(placement, id, at, direction) ?? (direction === 'up' ? managerId : null);
}

/** The closest card in that direction; straying sideways costs double. */
function nearest(placement: Placement, id: string, from: Placed, direction: Direction): string | null {
  let best: { id: string; cost: number } | null = null;
  for (const [otherId, to] of placement) {
    if (otherId === id) continue;
    const dx = to.x - from.x;
    const dy = to.y - from.y;
    const [ahead, aside] =
      direction === 'left'
        ? [-dx, dy]
        : direction === 'right'
          ? [dx, dy]
          : direction === 'up'
            ? [-dy, dx]
            : [dy, dx];
    const least = direction === 'left' || direction === 'right' ? CARD.width / 2 : CARD.height / 2;
    if (ahead < least) continue;
    const cost = ahead + 2 * Math.abs(aside);
    if (!best || cost < best.cost) best = { id: otherId, cost };
  }
  return best?.id ?? null;
}
