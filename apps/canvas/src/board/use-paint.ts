// Use paint: paints at once when the place changed, and at most every GAP_MS when only what is painted did.

import { useEffect, useLayoutEffect, useRef } from 'react';

const GAP_MS = 200;

export function usePaint(paint: () => void, place: unknown): void {
  const latest = useRef(paint);
  latest.current = paint;
  const painted = useRef(Number.NEGATIVE_INFINITY);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another place is painted before it is shown
  useLayoutEffect(() => {
    painted.current = performance.now();
    latest.current();
  }, [place]);
  useEffect(() => {
    const wait = Math.max(0, painted.current + GAP_MS - performance.now());
    const timer = setTimeout(() => {
      painted.current = performance.now();
      paint();
    }, wait);
    return () => clearTimeout(timer);
  }, [paint]);
}
