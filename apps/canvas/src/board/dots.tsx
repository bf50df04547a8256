// Dots: the ground that the board moves over. It is drawn as far as the window reaches and moves with it, so that panning
// paints nothing.

import { ViewportPortal } from '@xyflow/react';
import type { Rect } from './board-window.ts';

const GAP = 24;

export function Dots({ rect }: { rect: Rect }) {
  const x = Math.floor(rect.x / GAP) * GAP;
  const y = Math.floor(rect.y / GAP) * GAP;
  return (
    <ViewportPortal>
      <div
        aria-hidden="true"
        className="dots pointer-events-none absolute top-0 start-0 -z-2"
        style={{
          transform: `translate(${x}px, ${y}px)`,
          width: rect.width + GAP,
          height: rect.height + GAP,
          backgroundSize: `${GAP}px ${GAP}px`,
        }}
      />
    </ViewportPortal>
  );
}
