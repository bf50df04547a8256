// Bond path: the line between two cards, as SVG path data. A bond runs from manager to report; a message runs along it,
// in either direction, and takes an arc where there is no bond.

import { CARD, type Placed, type Point } from './layout.ts';

const CORNER = 12;
/** How far below a manager the line to its teams branches. */
export const BRANCH = 28;
/** Where the trunk of a hanging team leaves its manager. */
export const TRUNK_X = 18;

export function bondPath(manager: Point, report: Placed): string {
  if (report.isHung) {
    const x = manager.x + TRUNK_X;
    const y = report.y + CARD.height / 2;
    return `M ${x} ${manager.y + CARD.height} V ${y - CORNER} Q ${x} ${y} ${x + CORNER} ${y} H ${report.x}`;
  }
  const from = { x: manager.x + CARD.width / 2, y: manager.y + CARD.height };
  const to = { x: report.x + CARD.width / 2, y: report.y };
  if (report.row) {
    const { trunkX, branchY } = report.row;
    return `M ${from.x} ${from.y} V ${from.y + BRANCH} H ${trunkX} V ${branchY} H ${to.x} V ${to.y}`;
  }
  if (to.y < from.y + 2 * CORNER) return curve(from, to);
  if (Math.abs(to.x - from.x) < 1) return `M ${from.x} ${from.y} V ${to.y}`;
  const middle = from.y + Math.min(BRANCH, (to.y - from.y) / 2);
  const radius = Math.min(CORNER, Math.abs(to.x - from.x) / 2, to.y - middle);
  const side = Math.sign(to.x - from.x);
  return (
    `M ${from.x} ${from.y} V ${middle - radius} Q ${from.x} ${middle} ${from.x + side * radius} ${middle}` +
    ` H ${to.x - side * radius} Q ${to.x} ${middle} ${to.x} ${middle + radius} V ${to.y}`
  );
}

/** For two cards that are not manager and report: an arc over their tops. */
export function arcPath(from: Point, to: Point): string {
  const a = { x: from.x + CARD.width / 2, y: from.y };
  const b = { x: to.x + CARD.width / 2, y: to.y };
  const lift = Math.min(140, 36 + Math.hypot(b.x - a.x, b.y - a.y) / 6);
  return `M ${a.x} ${a.y} C ${a.x} ${a.y - lift} ${b.x} ${b.y - lift} ${b.x} ${b.y}`;
}

function curve(from: Point, to: Point): string {
  const pull = 80;
  return `M ${from.x} ${from.y} C ${from.x} ${from.y + pull} ${to.x} ${to.y - pull} ${to.x} ${to.y}`;
}
