// Layout organisation: where imported roles stand on the board: a two-column grid of boxes below each manager.

import type { OrgNode } from './org-template.ts';

const LEAF = { width: 240, height: 130 };
const GUTTER = 14;
const PADDING = { left: 16, top: 130, bottom: 16 };
const COLUMNS = 2;

interface Box {
  width: number;
  height: number;
}

export function sizeOf(node: OrgNode): Box {
  const children = node.children ?? [];
  if (children.length === 0) return LEAF;
  const grid = gridOf(children);
  return {
    width: 2 * PADDING.left + columnsUsed(children) * grid.columnWidth + (columnsUsed(children) - 1) * GUTTER,
    height:
      PADDING.top +
      grid.rowHeights.reduce((sum, h) => sum + h, 0) +
      (grid.rowHeights.length - 1) * GUTTER +
      PADDING.bottom,
  };
}

const columnsUsed = (children: readonly OrgNode[]) => Math.min(COLUMNS, children.length);

function gridOf(children: readonly OrgNode[]) {
  const sizes = children.map(sizeOf);
  const columnWidth = Math.max(...sizes.map((size) => size.width));
  const rowHeights: number[] = [];
  sizes.forEach((size, i) => {
    const row = Math.floor(i / COLUMNS);
    rowHeights[row] = Math.max(rowHeights[row] ?? 0, size.height);
  });
  return { columnWidth, rowHeights };
}

/** Positions of the children, relative to their parent. */
export function placeChildren(children: readonly OrgNode[]): { x: number; y: number }[] {
  if (children.length === 0) return [];
  const { columnWidth, rowHeights } = gridOf(children);
  return children.map((_, i) => {
    const row = Math.floor(i / COLUMNS);
    const above = rowHeights.slice(0, row).reduce((sum, h) => sum + h + GUTTER, 0);
    return { x: PADDING.left + (i % COLUMNS) * (columnWidth + GUTTER), y: PADDING.top + above };
  });
}
