// Overview map: the whole chart in a corner, with a frame around what is seen. Dragging on it moves the board.

import { useReactFlow, useStore } from '@xyflow/react';
import { type PointerEvent, useMemo, useRef } from 'react';
import { say } from '../languages/say.ts';
import { useCanvas } from '../store/canvas-context.ts';
import { boundsOf, type Rect } from './board-window.ts';
import type { Placement } from './build-graph.ts';
import { paintMap } from './paint-chart.ts';
import { useColours } from './use-colours.ts';
import { usePaint } from './use-paint.ts';

const SIZE = { width: 176, height: 112 } as const;
const PADDING = 8;

export function OverviewMap({ placement }: { placement: Placement }) {
  const flow = useReactFlow();
  const canvas = useRef<HTMLCanvasElement>(null);
  const colours = useColours();
  const roles = useCanvas((state) => state.roles);
  const { rect, scale } = useMemo(() => fitInto(boundsOf(placement)), [placement]);
  const paint = useMemo(
    () => () => {
      const density = globalThis.devicePixelRatio || 1;
      const element = canvas.current;
      const ctx = element?.getContext('2d');
      if (!element || !ctx) return;
      element.width = SIZE.width * density;
      element.height = SIZE.height * density;
      paintMap(ctx, rect, scale * density, { roles, placement }, colours);
    },
    [rect, scale, roles, placement, colours],
  );
  usePaint(paint, null);
  const goTo = (event: PointerEvent<HTMLElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    const x = rect.x + (event.clientX - box.left) / scale;
    const y = rect.y + (event.clientY - box.top) / scale;
    void flow.setCenter(x, y, { zoom: flow.getZoom() });
  };
  return (
    <div
      role="img"
      dir="ltr"
      aria-label={say('board.overviewMap')}
      className="absolute end-4 bottom-4 z-10 cursor-pointer touch-none overflow-hidden rounded-m border border-line bg-surface"
      style={SIZE}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        goTo(event);
      }}
      onPointerMove={(event) => {
        if (event.buttons === 1) goTo(event);
      }}
    >
      <canvas ref={canvas} className="pointer-events-none size-full" />
      <SeenFrame rect={rect} scale={scale} />
    </div>
  );
}

function SeenFrame({ rect, scale }: { rect: Rect; scale: number }) {
  const [x, y, zoom] = useStore((flow) => flow.transform);
  const width = useStore((flow) => flow.width);
  const height = useStore((flow) => flow.height);
  return (
    <span
      className="pointer-events-none absolute top-0 start-0 origin-top-left rounded-s outline-2 outline-line-strong"
      style={{
        transform: `translate(${(-x / zoom - rect.x) * scale}px, ${(-y / zoom - rect.y) * scale}px)`,
        width: Math.max(4, (width / zoom) * scale),
        height: Math.max(3, (height / zoom) * scale),
      }}
    />
  );
}

/** What the map shows, with the chart in its middle, and its pixels for each unit of the board. */
export function fitInto(bounds: Rect): { rect: Rect; scale: number } {
  const scale = Math.min(
    (SIZE.width - 2 * PADDING) / bounds.width,
    (SIZE.height - 2 * PADDING) / bounds.height,
  );
  const width = SIZE.width / scale;
  const height = SIZE.height / scale;
  return {
    rect: {
      x: bounds.x - (width - bounds.width) / 2,
      y: bounds.y - (height - bounds.height) / 2,
      width,
      height,
    },
    scale,
  };
}
