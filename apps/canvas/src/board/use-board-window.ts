// Use board window: which part of the board is drawn, and as what. The same object until it has to be another.

import { useStore } from '@xyflow/react';
import { useRef } from 'react';
import { type BoardWindow, nextWindow, seenOf } from './board-window.ts';

/** Null until the board has a size. */
export function useBoardWindow(count: number): BoardWindow | null {
  const latest = useRef<BoardWindow | null>(null);
  return useStore(({ transform, width, height }) => {
    if (width > 0 && height > 0) {
      latest.current = nextWindow(latest.current, seenOf(transform, width, height), count);
    }
    return latest.current;
  });
}
