// Paint chart: the org chart as a picture, for when there are more roles than cards can be read of. Drawn in the board's own
// units; words keep their size on the screen.
//
//   P1. Colour says only what works or needs a look, as on the overview map; what failed is crossed out too, and what needs
//       a look has a stroke, so that colour is never the only sign.
//   P2. A card that is wide enough has its name. Otherwise the largest teams have theirs, as many as stand clear of each
//       other: who comes nearer sees more of them.

import type { Role, Roles } from '../features/workspaces/model.ts';
import { STATUS_LOOKS } from '../features/workspaces/status-look.ts';
import { type Rect, touches } from './board-window.ts';
import { BRANCH, TRUNK_X } from './bond-path.ts';
import type { Placement } from './build-graph.ts';
import { CARD, type Placed, type Point } from './layout.ts';

export interface Colours {
  paper: string;
  surface: string;
  line: string;
  lineStrong: string;
  ink: string;
  inkSoft: string;
  motion: string;
  warn: string;
  fail: string;
}

export interface Picture {
  roles: Roles;
  placement: Placement;
  /** Everybody who has reports on the board or hidden below, from the top of the chart down. */
  leads: readonly string[];
  isDimmed: (role: Role) => boolean;
  isMarked: (id: string) => boolean;
}

/** Pixels on the screen. */
const NAME_FROM = 58;
const NAME_SIZE = 11;
const TEAM_SIZE = 12;
const MARK_FROM = 9;
const TEAMS_NAMED = 80;
const FONT = '"Instrument Sans Variable", ui-sans-serif, system-ui, sans-serif';

/** `scale`: pixels of the picture for each unit of the board. */
export function paintChart(
  ctx: CanvasRenderingContext2D,
  rect: Rect,
  scale: number,
  density: number,
  picture: Picture,
  colours: Colours,
): void {
  const toX = (x: number) => (x - rect.x) * scale;
  const toY = (y: number) => (y - rect.y) * scale;
  ctx.clearRect(0, 0, ctx.canvas.width, ctx.canvas.height);
  const seen = [...picture.placement].filter(([, at]) => touches(rect, at));
  paintBonds(ctx, seen, picture, { toX, toY, density }, colours);
  const width = CARD.width * scale;
  const height = CARD.height * scale;
  const hasNames = width >= NAME_FROM * density;
  for (const [id, at] of seen) {
    const role = picture.roles[id];
    if (!role) continue;
    ctx.globalAlpha = picture.isDimmed(role) ? 0.25 : 1;
    paintCard(ctx, role, [toX(at.x), toY(at.y), width, height], { hasNames, density }, colours);
    if (!picture.isMarked(id)) continue;
    ctx.strokeStyle = colours.motion;
    ctx.lineWidth = 2.5 * density;
    ctx.strokeRect(
      toX(at.x) - 2 * density,
      toY(at.y) - 2 * density,
      width + 4 * density,
      height + 4 * density,
    );
  }
  ctx.globalAlpha = 1;
  if (!hasNames) nameTeams(ctx, rect, picture, { toX, toY, density, width }, colours);
}

/** What all of it takes up, without words, as a map. */
export function paintMap(
  ctx: CanvasRenderingContext2D,
  rect: Rect,
  scale: number,
  { roles, placement }: Pick<Picture, 'roles' | 'placement'>,
  colours: Colours,
): void {
  ctx.clearRect(0, 0, ctx.canvas.width, ctx.canvas.height);
  const width = Math.max(1, CARD.width * scale);
  const height = Math.max(1, CARD.height * scale);
  for (const [id, at] of placement) {
    ctx.fillStyle = fillOf(roles[id], colours);
    ctx.fillRect((at.x - rect.x) * scale, (at.y - rect.y) * scale, width, height);
  }
}

export function fillOf(role: Role | undefined, colours: Colours): string {
  if (!role) return colours.line;
  if (role.activeTasks > 0) return colours.motion;
  const { tone } = STATUS_LOOKS[role.status];
  if (tone === 'well') return colours.lineStrong;
  if (tone === 'rest') return colours.line;
  return colours[tone];
}

interface Onto {
  toX: (x: number) => number;
  toY: (y: number) => number;
  /** Pixels of the picture for each pixel of a page. */
  density: number;
}

function paintBonds(
  ctx: CanvasRenderingContext2D,
  seen: readonly [string, Placed][],
  { roles, placement }: Picture,
  { toX, toY, density }: Onto,
  colours: Colours,
): void {
  ctx.beginPath();
  for (const [id, at] of seen) {
    const managerId = roles[id]?.parentId;
    const manager = managerId ? placement.get(managerId) : undefined;
    if (manager) strokeBond(ctx, manager, at, toX, toY);
  }
  ctx.strokeStyle = colours.line;
  ctx.lineWidth = density;
  ctx.stroke();
}

function strokeBond(
  ctx: CanvasRenderingContext2D,
  manager: Point,
  at: Placed,
  toX: Onto['toX'],
  toY: Onto['toY'],
): void {
  const bottom = toY(manager.y + CARD.height);
  if (at.isHung) {
    const trunk = toX(manager.x + TRUNK_X);
    ctx.moveTo(trunk, bottom);
    ctx.lineTo(trunk, toY(at.y + CARD.height / 2));
    ctx.lineTo(toX(at.x), toY(at.y + CARD.height / 2));
    return;
  }
  const middle = toY(manager.y + CARD.height + BRANCH);
  ctx.moveTo(toX(manager.x + CARD.width / 2), bottom);
  ctx.lineTo(toX(manager.x + CARD.width / 2), middle);
  if (at.row) {
    ctx.lineTo(toX(at.row.trunkX), middle);
    ctx.lineTo(toX(at.row.trunkX), toY(at.row.branchY));
    ctx.lineTo(toX(at.x + CARD.width / 2), toY(at.row.branchY));
    ctx.lineTo(toX(at.x + CARD.width / 2), toY(at.y));
    return;
  }
  ctx.lineTo(toX(at.x + CARD.width / 2), middle);
  ctx.lineTo(toX(at.x + CARD.width / 2), toY(at.y));
}

type Box = readonly [x: number, y: number, width: number, height: number];

function paintCard(
  ctx: CanvasRenderingContext2D,
  role: Role,
  [x, y, width, height]: Box,
  { hasNames, density }: { hasNames: boolean; density: number },
  colours: Colours,
): void {
  const fill = fillOf(role, colours);
  if (!hasNames) {
    ctx.fillStyle = fill;
    ctx.fillRect(x, y, width, height);
  } else {
    ctx.fillStyle = colours.surface;
    ctx.fillRect(x, y, width, height);
    ctx.fillStyle = fill;
    ctx.fillRect(x, y, 4 * density, height);
    ctx.strokeStyle = colours.line;
    ctx.lineWidth = density;
    ctx.strokeRect(x, y, width, height);
    ctx.fillStyle = colours.ink;
    ctx.font = `500 ${NAME_SIZE * density}px ${FONT}`;
    ctx.textBaseline = 'middle';
    const room = width - 14 * density;
    ctx.fillText(clip(ctx, role.name, room), x + 9 * density, y + height / 2);
  }
  const { tone } = STATUS_LOOKS[role.status];
  if (height < MARK_FROM * density || hasNames || (tone !== 'fail' && tone !== 'warn')) return;
  ctx.strokeStyle = colours.paper;
  ctx.lineWidth = 1.5 * density;
  ctx.beginPath();
  const inset = height * 0.25;
  ctx.moveTo(x + inset, y + inset);
  ctx.lineTo(x + width - inset, y + height - inset);
  if (tone === 'fail') {
    ctx.moveTo(x + width - inset, y + inset);
    ctx.lineTo(x + inset, y + height - inset);
  }
  ctx.stroke();
}

function nameTeams(
  ctx: CanvasRenderingContext2D,
  rect: Rect,
  { roles, placement, leads }: Picture,
  { toX, toY, density, width }: Onto & { width: number },
  colours: Colours,
): void {
  ctx.font = `600 ${TEAM_SIZE * density}px ${FONT}`;
  ctx.textBaseline = 'bottom';
  ctx.lineJoin = 'round';
  ctx.lineWidth = 4 * density;
  ctx.strokeStyle = colours.paper;
  ctx.fillStyle = colours.ink;
  const height = (TEAM_SIZE + 4) * density;
  const taken: Box[] = [];
  for (const id of leads) {
    const at = placement.get(id);
    if (!at || !touches(rect, at)) continue;
    const name = roles[id]?.name ?? '';
    const wide = ctx.measureText(name).width;
    const box: Box = [toX(at.x) + width / 2 - wide / 2, toY(at.y) - height, wide, height];
    if (taken.some((other) => overlaps(other, box))) continue;
    taken.push(box);
    ctx.strokeText(name, box[0], toY(at.y) - 2 * density);
    ctx.fillText(name, box[0], toY(at.y) - 2 * density);
    if (taken.length === TEAMS_NAMED) return;
  }
}

export function overlaps(a: Box, b: Box): boolean {
  return a[0] < b[0] + b[2] && b[0] < a[0] + a[2] && a[1] < b[1] + b[3] && b[1] < a[1] + a[3];
}

function clip(ctx: CanvasRenderingContext2D, text: string, room: number): string {
  if (ctx.measureText(text).width <= room) return text;
  let kept = text.slice(0, 40);
  while (kept.length > 1 && ctx.measureText(`${kept}…`).width > room) kept = kept.slice(0, -1);
  return `${kept}…`;
}
