// Build graph: from roles and hops to the cards and lines that the board draws. Pure.

import type { Node } from '@xyflow/react';
import { type Hop, type Hops, openCount } from '../features/hops/model.ts';
import { standIn, teamsOf } from '../features/teams/model.ts';
import type { Roles } from '../features/workspaces/model.ts';
import { say } from '../languages/say.ts';
import { type Rect, touches } from './board-window.ts';
import { arcPath, bondPath } from './bond-path.ts';
import { CARD, layoutChart, type Placed, type Point } from './layout.ts';

export type RoleNode = Node<{ id: string }, 'role'>;

/** Messages between two cards, in one direction. */
export interface HopLineData {
  key: string;
  /** Whose message it is; those that stand in for them on the board may be others. */
  sourceId: string;
  targetId: string;
  path: string;
  /** The path runs from manager to report; this message goes the other way. */
  isReversed: boolean;
  isOpen: boolean;
  isError: boolean;
  count: number;
  label: string;
}

/** So many lines of messages are drawn at once, the latest. */
export const HOPS_DRAWN = 300;

/** The card inside says what it is. */
const PLAIN = { 'aria-roledescription': undefined } as const;

export type Placement = ReadonlyMap<string, Placed>;
export type Moves = Readonly<Record<string, Point>>;

/** Where everybody on the board stands; `moved` holds chosen places that the server has not confirmed yet. */
export function placeRoles(roles: Roles, moved: Moves): Placement {
  const chart = teamsOf(roles).visible;
  const moving = Object.keys(moved).length > 0;
  if (!moving) return layoutChart(chart);
  const adjusted = new Map(
    [...chart].map(([parent, list]) => [parent, list.map((r) => ({ ...r, ...moved[r.id] }))]),
  );
  return layoutChart(adjusted);
}

/** The cards in `rect`; all of them when it is null. */
export function buildNodes(placement: Placement, rect: Rect | null): RoleNode[] {
  const nodes: RoleNode[] = [];
  for (const [id, at] of placement) {
    if (rect && !touches(rect, at)) continue;
    nodes.push({
      id,
      type: 'role',
      position: { x: at.x, y: at.y },
      data: { id },
      width: CARD.width,
      height: CARD.height,
      measured: CARD,
      // A card that somebody put on others stands above them.
      zIndex: at.isByHand ? 1 : 0,
      focusable: false,
      selectable: false,
      domAttributes: PLAIN,
    });
  }
  return nodes;
}

/** The lines from managers to reports that cross `rect`, as one path. */
export function bondsPath(roles: Roles, placement: Placement, rect: Rect | null): string {
  const paths: string[] = [];
  for (const [id, at] of placement) {
    const managerId = roles[id]?.parentId;
    const manager = managerId ? placement.get(managerId) : undefined;
    if (!manager || (rect && !crosses(rect, manager, at))) continue;
    paths.push(bondPath(manager, at));
  }
  return paths.join(' ');
}

/** Whether the box around two cards reaches into `rect`. */
function crosses(rect: Rect, a: Point, b: Point): boolean {
  return (
    Math.max(a.x, b.x) + CARD.width >= rect.x &&
    Math.min(a.x, b.x) <= rect.x + rect.width &&
    Math.max(a.y, b.y) + CARD.height >= rect.y &&
    Math.min(a.y, b.y) <= rect.y + rect.height
  );
}

/** One line for each pair of cards and direction; what happens inside a collapsed team is on no line. */
export function buildHops(
  hops: Hops,
  roles: Roles,
  placement: Placement,
  rect: Rect | null = null,
): HopLineData[] {
  const lines = new Map<string, HopLineData>();
  const latest = Object.values(hops).sort((a, b) => b.lastChangeMs - a.lastChangeMs);
  for (const hop of latest) {
    const sourceId = standIn(roles, hop.sourceId);
    const targetId = standIn(roles, hop.targetId);
    const known = lines.get(`${sourceId}>${targetId}`);
    if (known) {
      known.count += openCount(hop);
      known.isOpen ||= openCount(hop) > 0;
      known.isError ||= hop.outcome === 'error';
      continue;
    }
    if (lines.size === HOPS_DRAWN) continue;
    const line = buildHop(hop, [sourceId, targetId], roles, placement, rect);
    if (line) lines.set(line.key, line);
  }
  return [...lines.values()];
}

function buildHop(
  hop: Hop,
  [sourceId, targetId]: readonly [string, string],
  roles: Roles,
  placement: Placement,
  rect: Rect | null,
): HopLineData | null {
  const source = placement.get(sourceId);
  const target = placement.get(targetId);
  if (!source || !target || sourceId === targetId) return null;
  if (rect && !crosses(rect, source, target)) return null;
  const isDown = roles[targetId]?.parentId === sourceId;
  const isUp = roles[sourceId]?.parentId === targetId;
  const path = isDown ? bondPath(source, target) : isUp ? bondPath(target, source) : arcPath(source, target);
  return {
    key: `${sourceId}>${targetId}`,
    sourceId: hop.sourceId,
    targetId: hop.targetId,
    path,
    isReversed: isUp,
    isOpen: openCount(hop) > 0,
    isError: hop.outcome === 'error',
    count: openCount(hop),
    label: say('board.hop', {
      from: roles[hop.sourceId]?.name ?? say('board.aRoleFirst'),
      to: roles[hop.targetId]?.name ?? say('board.aRole'),
    }),
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
  const reports = teamsOf(roles).visible.get(id) ?? [];
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
