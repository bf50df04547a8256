// Chart picture: the roles of a large chart that is looked at from far away. It moves with the board, so that panning paints
// nothing; it is painted anew when a role changes, at most a few times a second.

import { ViewportPortal } from '@xyflow/react';
import { useEffect, useMemo, useRef, useState } from 'react';
import { isDimmed } from '../features/reorganise/model.ts';
import { teamsOf } from '../features/teams/model.ts';
import type { Roles } from '../features/workspaces/model.ts';
import { useCanvas } from '../store/canvas-context.ts';
import type { BoardWindow } from './board-window.ts';
import type { Placement } from './build-graph.ts';
import { type Picture, paintChart } from './paint-chart.ts';
import { useColours } from './use-colours.ts';
import { usePaint } from './use-paint.ts';

/** A picture of more pixels than this is painted coarser. */
const MOST_PIXELS = 8_000_000;

export function ChartPicture({ window: drawn, placement }: { window: BoardWindow; placement: Placement }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const colours = useColours();
  const picture = usePicture(placement);
  const hasFonts = useFonts();
  const { rect, zoom } = drawn;
  const density = densityFor(rect.width * zoom, rect.height * zoom);
  const width = Math.round(rect.width * zoom * density);
  const height = Math.round(rect.height * zoom * density);
  // biome-ignore lint/correctness/useExhaustiveDependencies: with another font, the same names look otherwise
  const paint = useMemo(
    () => () => {
      const element = canvas.current;
      const ctx = element?.getContext('2d');
      if (!element || !ctx) return;
      if (element.width !== width) element.width = width;
      if (element.height !== height) element.height = height;
      paintChart(ctx, rect, zoom * density, density, picture, colours);
    },
    [rect, zoom, density, width, height, picture, colours, hasFonts],
  );
  usePaint(paint, drawn);
  return (
    <ViewportPortal>
      <div
        aria-hidden="true"
        data-picture
        className="pointer-events-none absolute top-0 start-0 -z-1"
        style={{ transform: `translate(${rect.x}px, ${rect.y}px)`, width: rect.width, height: rect.height }}
      >
        <canvas ref={canvas} className="size-full" />
      </div>
    </ViewportPortal>
  );
}

function densityFor(width: number, height: number): number {
  const wanted = globalThis.devicePixelRatio || 1;
  return Math.min(wanted, Math.sqrt(MOST_PIXELS / Math.max(1, width * height)));
}

function usePicture(placement: Placement): Picture {
  const roles = useCanvas((state) => state.roles);
  const filter = useCanvas((state) => state.filter);
  const chosenIds = useCanvas((state) => state.chosenIds);
  const focusedId = useCanvas((state) => state.focusedId);
  const openId = useCanvas((state) => (state.panel.kind === 'role' ? state.panel.id : null));
  const leads = useLeads(roles);
  return useMemo(
    () => ({
      roles,
      placement,
      leads,
      isDimmed: (role) => isDimmed(roles, role, filter),
      isMarked: (id) => id === openId || id === focusedId || chosenIds.has(id),
    }),
    [roles, placement, leads, filter, chosenIds, focusedId, openId],
  );
}

function useLeads(roles: Roles): readonly string[] {
  return useMemo(() => {
    const { whole, visible } = teamsOf(roles);
    const leads: string[] = [];
    const queue = [...(visible.get(null) ?? [])];
    for (let i = 0; i < queue.length; i++) {
      const role = queue[i];
      if (!role || !whole.has(role.id)) continue;
      leads.push(role.id);
      queue.push(...(visible.get(role.id) ?? []));
    }
    return leads;
  }, [roles]);
}

/** The names are painted again once their font is here. */
function useFonts(): boolean {
  const [isReady, setReady] = useState(false);
  useEffect(() => {
    let isGone = false;
    void document.fonts.ready.then(() => {
      if (!isGone) setReady(true);
    });
    return () => {
      isGone = true;
    };
  }, []);
  return isReady;
}
