// Dots: the ground that the board moves over. It is drawn as far as the window reaches and moves with it, so that panning
// paints nothing.

import { ViewportPortal } from '@xyflow/react';
import type { Rect } from './board-window.ts';

const GAP = 24;

export function Dots({ rect }: { rect: Rect }) {
  const left = Math.floor(rect.x / GAP) * GAP;
  const top = Math.floor(rect.y / GAP) * GAP;
  return (
    <ViewportPortal>
      <div
        aria-hidden="true"
        className="dots pointer-events-none absolute -z-2"
        style={{
          left,
          top,
          width: rect.width + GAP,
          height: rect.height + GAP,
          backgroundSize: `${GAP}px ${GAP}px`,
        }}
      />
    </ViewportPortal>
  );
}
