// Layout: where each role stands on the board. Pure and linear, so that thousands of roles take milliseconds.
//
//   L1. A manager stands centred above its teams; a team of people without reports hangs below its manager in one column,
//       so that an organisation grows down rather than out of the window.
//       Teams, and heads, that side by side would be wider than WRAP_FROM stand in rows, so that the chart of thousands has the shape of
//       a page: a trunk at their start leads to every row but the first.
//   L2. A place that a person chose wins over the automatic one, and is kept relative to the manager: whoever moves a
//       manager moves the team.
//   L3. Chosen places are stored on half pixels. Whole numbers come from templates and other clients, whose grids mean
//       boxes inside boxes; they are not places on this board.

import type { Role } from '../features/workspaces/model.ts';

export const CARD = { width: 264, height: 112 } as const;
const GAP = { sibling: 32, level: 56, hung: 20, indent: 36, tree: 72 } as const;
/** A team of at least this many roles without reports hangs. */
const HANG_FROM = 2;
const WRAP_FROM = 7_200;
/** Width by height of the rows that wrapped teams take. */
const PAGE_SHAPE = 1.9;

export interface Point {
  x: number;
  y: number;
}

export interface Placed extends Point {
  /** Hangs in the column of its manager: its bond comes from the side. */
  isHung: boolean;
  isByHand: boolean;
  /** Stands in a later row of wrapped teams: where the trunk runs, and the branch above the row. */
  row?: { trunkX: number; branchY: number };
}

export type Chart = ReadonlyMap<string | null, readonly Pick<Role, 'id' | 'x' | 'y'>[]>;

export function isChosenPlace(point: Point): boolean {
  return Math.abs(point.x % 1) === 0.5 && Math.abs(point.y % 1) === 0.5;
}

export function toChosenPlace(point: Point): Point {
  return { x: Math.floor(point.x) + 0.5, y: Math.floor(point.y) + 0.5 };
}

interface Box {
  width: number;
  height: number;
  /** Left edge of the head's card inside the box. */
  headX: number;
  /** Of wrapped teams: how many stand in each row. */
  rows?: readonly number[];
}

export function layoutChart(chart: Chart): Map<string, Placed> {
  const boxes = new Map<string, Box>();
  const places = new Map<string, Placed>();
  const roots = chart.get(null) ?? [];
  const measured = roots.map((root) => measure(root.id, chart, boxes));
  const isWide = rowWidth(measured) > WRAP_FROM;
  const rows = isWide ? (measureRows(measured).rows ?? []) : [roots.length];
  const manager = { x: 0, y: 0 };
  let y = 0;
  let first = 0;
  for (const count of rows) {
    let x = 0;
    for (let i = first; i < first + count; i++) {
      const [role, box] = [roots[i], measured[i]];
      if (!role || !box) continue;
      place({ role, auto: { x: x + box.headX, y }, isHung: false, manager }, chart, boxes, places);
      x += box.width + GAP.tree;
    }
    y += heightOf(measured.slice(first, first + count)) + GAP.tree;
    first += count;
  }
  return places;
}

function hangs(
  children: Chart extends ReadonlyMap<string | null, infer C> ? C : never,
  chart: Chart,
): boolean {
  return children.length >= HANG_FROM && children.every((child) => !chart.has(child.id));
}

/** Post-order without recursion: a chart may be deep. */
function measure(rootId: string, chart: Chart, boxes: Map<string, Box>): Box {
  const order: string[] = [];
  const stack = [rootId];
  const seen = new Set<string>();
  for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
    if (seen.has(id)) continue;
    seen.add(id);
    order.push(id);
    for (const child of chart.get(id) ?? []) stack.push(child.id);
  }
  for (const id of order.reverse()) boxes.set(id, measureOne(id, chart, boxes));
  return boxOf(boxes, rootId);
}

function measureOne(id: string, chart: Chart, boxes: ReadonlyMap<string, Box>): Box {
  const children = chart.get(id) ?? [];
  if (children.length === 0) return { ...CARD, headX: 0 };
  if (hangs(children, chart)) {
    return {
      width: CARD.width + GAP.indent,
      height: CARD.height + children.length * (CARD.height + GAP.hung),
      headX: 0,
    };
  }
  const inner = children.map((child) => boxOf(boxes, child.id));
  const width = rowWidth(inner);
  if (width > WRAP_FROM && inner.length > 2) return measureRows(inner);
  const centre = centreOverChildren(inner);
  return {
    width: Math.max(width, CARD.width),
    height: CARD.height + GAP.level + Math.max(...inner.map((box) => box.height)),
    headX: Math.max(0, centre - CARD.width / 2),
  };
}

function rowWidth(inner: readonly Box[]): number {
  return inner.reduce((sum, box) => sum + box.width, 0) + (inner.length - 1) * GAP.sibling;
}

const heightOf = (row: readonly Box[]) => Math.max(...row.map((box) => box.height));

/** Rows of about one width, together in the shape of a page. */
function measureRows(inner: readonly Box[]): Box {
  const area = inner.reduce((sum, box) => sum + (box.width + GAP.sibling) * (box.height + GAP.level), 0);
  const wanted = Math.max(Math.sqrt(area * PAGE_SHAPE), ...inner.map((box) => box.width));
  const rows: Box[][] = [];
  let width = Number.POSITIVE_INFINITY;
  for (const box of inner) {
    if (width + GAP.sibling + box.width > wanted) {
      rows.push([]);
      width = -GAP.sibling;
    }
    rows.at(-1)?.push(box);
    width += GAP.sibling + box.width;
  }
  const widest = GAP.indent + Math.max(...rows.map(rowWidth));
  return {
    width: Math.max(widest, CARD.width),
    height: CARD.height + rows.reduce((sum, row) => sum + GAP.level + heightOf(row), 0),
    headX: Math.max(0, (widest - CARD.width) / 2),
    rows: rows.map((row) => row.length),
  };
}

/** Halfway between the cards of the first and the last child. */
function centreOverChildren(inner: readonly Box[]): number {
  let x = 0;
  let first = 0;
  let last = 0;
  inner.forEach((box, i) => {
    const centre = x + box.headX + CARD.width / 2;
    if (i === 0) first = centre;
    last = centre;
    x += box.width + GAP.sibling;
  });
  return (first + last) / 2;
}

type Standing = Pick<Role, 'id' | 'x' | 'y'>;

interface ToPlace {
  role: Standing;
  /** Where the layout wants it. */
  auto: Point;
  isHung: boolean;
  row?: Placed['row'];
  /** Where its manager stands. */
  manager: Point;
}

/** Places the role and everything below it. */
function place(
  root: ToPlace,
  chart: Chart,
  boxes: ReadonlyMap<string, Box>,
  places: Map<string, Placed>,
): void {
  const stack = [root];
  for (let next = stack.pop(); next; next = stack.pop()) {
    if (places.has(next.role.id)) continue;
    const isByHand = isChosenPlace(next.role);
    const at = isByHand ? { x: next.manager.x + next.role.x, y: next.manager.y + next.role.y } : next.auto;
    const placed: Placed = { ...at, isHung: next.isHung && !isByHand, isByHand };
    if (next.row && !isByHand) placed.row = next.row;
    places.set(next.role.id, placed);
    for (const child of autoPlaces(next.role.id, at, chart, boxes)) stack.push({ ...child, manager: at });
  }
}

function autoPlaces(
  id: string,
  at: Point,
  chart: Chart,
  boxes: ReadonlyMap<string, Box>,
): Omit<ToPlace, 'manager'>[] {
  const children = chart.get(id) ?? [];
  if (children.length === 0) return [];
  if (hangs(children, chart)) {
    return children.map((role, i) => ({
      role,
      isHung: true,
      auto: { x: at.x + GAP.indent, y: at.y + (i + 1) * (CARD.height + GAP.hung) },
    }));
  }
  const inner = children.map((child) => boxOf(boxes, child.id));
  const own = boxOf(boxes, id);
  if (own.rows) return rowPlaces(children, inner, own, own.rows, at);
  let x = at.x + CARD.width / 2 - centreOverChildren(inner);
  return children.map((role, i) => {
    const box = inner[i] ?? { ...CARD, headX: 0 };
    const auto = { x: x + box.headX, y: at.y + CARD.height + GAP.level };
    x += box.width + GAP.sibling;
    return { role, isHung: false, auto };
  });
}

function rowPlaces(
  children: readonly Standing[],
  inner: readonly Box[],
  own: Box,
  rows: readonly number[],
  at: Point,
): Omit<ToPlace, 'manager'>[] {
  const left = at.x - own.headX;
  const trunkX = left + GAP.indent / 2;
  const placed: Omit<ToPlace, 'manager'>[] = [];
  let y = at.y + CARD.height;
  let first = 0;
  for (const [number, count] of rows.entries()) {
    const branchY = y + GAP.level / 2;
    y += GAP.level;
    let x = left + GAP.indent;
    for (let i = first; i < first + count; i++) {
      const [role, box] = [children[i], inner[i]];
      if (!role || !box) continue;
      placed.push({
        role,
        isHung: false,
        auto: { x: x + box.headX, y },
        ...(number > 0 ? { row: { trunkX, branchY } } : {}),
      });
      x += box.width + GAP.sibling;
    }
    y += heightOf(inner.slice(first, first + count));
    first += count;
  }
  return placed;
}

function boxOf(boxes: ReadonlyMap<string, Box>, id: string): Box {
  return boxes.get(id) ?? { ...CARD, headX: 0 };
}
