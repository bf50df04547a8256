// Board window: the part of the board that is drawn. Wider than what is seen, so that panning draws nothing; drawn anew when
// what is seen leaves it. Pure.
//
//   B1. A chart of at most SMALL_CHART roles is drawn whole, as cards.
//   B2. A larger one has cards only where they can be read: from READABLE_ZOOM on. Further away it is a picture.
//   B3. The window is MARGIN of what is seen wider on every side; it is moved when what is seen leaves it, and made anew
//       when it has become more than TOO_WIDE times as wide as it has to be, or when a picture was drawn for another zoom.

import { CARD, type Point } from './layout.ts';

export const SMALL_CHART = 150;
export const READABLE_ZOOM = 0.5;
const MARGIN = 0.3;
const TOO_WIDE = 4;

export interface Rect extends Point {
  width: number;
  height: number;
}

export interface Seen {
  /** What is seen, in the board's own units. */
  rect: Rect;
  zoom: number;
}

export interface BoardWindow {
  rect: Rect;
  /** The zoom that a picture of it is drawn for. */
  zoom: number;
  isPicture: boolean;
}

export function seenOf(transform: readonly [number, number, number], width: number, height: number): Seen {
  const [x, y, zoom] = transform;
  return { rect: { x: -x / zoom, y: -y / zoom, width: width / zoom, height: height / zoom }, zoom };
}

export function isPicture(count: number, zoom: number): boolean {
  return count > SMALL_CHART && zoom < READABLE_ZOOM;
}

/** The same window while it still does (B3). */
export function nextWindow(before: BoardWindow | null, seen: Seen, count: number): BoardWindow {
  const picture = isPicture(count, seen.zoom);
  if (before && before.isPicture === picture && stillDoes(before, seen, picture)) return before;
  return { rect: widen(seen.rect), zoom: seen.zoom, isPicture: picture };
}

function stillDoes(before: BoardWindow, seen: Seen, picture: boolean): boolean {
  if (!contains(before.rect, seen.rect)) return false;
  if (picture) return before.zoom === seen.zoom;
  return before.rect.width <= TOO_WIDE * seen.rect.width;
}

function widen({ x, y, width, height }: Rect): Rect {
  return {
    x: x - width * MARGIN,
    y: y - height * MARGIN,
    width: width * (1 + 2 * MARGIN),
    height: height * (1 + 2 * MARGIN),
  };
}

function contains(outer: Rect, inner: Rect): boolean {
  return (
    inner.x >= outer.x &&
    inner.y >= outer.y &&
    inner.x + inner.width <= outer.x + outer.width &&
    inner.y + inner.height <= outer.y + outer.height
  );
}

export function touches(rect: Rect, card: Point): boolean {
  return (
    card.x + CARD.width >= rect.x &&
    card.x <= rect.x + rect.width &&
    card.y + CARD.height >= rect.y &&
    card.y <= rect.y + rect.height
  );
}

/** What all cards take up. */
export function boundsOf(placement: ReadonlyMap<string, Point>): Rect {
  let left = Number.POSITIVE_INFINITY;
  let top = Number.POSITIVE_INFINITY;
  let right = Number.NEGATIVE_INFINITY;
  let bottom = Number.NEGATIVE_INFINITY;
  for (const { x, y } of placement.values()) {
    left = Math.min(left, x);
    top = Math.min(top, y);
    right = Math.max(right, x + CARD.width);
    bottom = Math.max(bottom, y + CARD.height);
  }
  if (left > right) return { x: 0, y: 0, ...CARD };
  return { x: left, y: top, width: right - left, height: bottom - top };
}
