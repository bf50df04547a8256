// Use viewport: the part of the board that is seen. Fitted to the chart until a person moves it; then kept and saved.

import { tenant } from '@molecule/contracts';
import { getViewportForBounds, useReactFlow, useStoreApi, type Viewport } from '@xyflow/react';
import { useCallback, useEffect, useRef } from 'react';
import { useTools } from '../store/canvas-context.ts';
import { STILL, useMedia } from '../ui/use-media.ts';
import { boundsOf } from './board-window.ts';
import type { Placement } from './build-graph.ts';

const SAVE_DELAY_MS = 800;
/** What a server answers that has none saved; saving it again means "fit the chart". */
const NEVER_SAVED: Viewport = { x: 0, y: 0, zoom: 1 };
export const ZOOM = { least: 0.02, most: 2 } as const;
const FIT = { padding: 0.1, most: 1.05 } as const;

export interface ViewportTools {
  fit(): void;
  /** Told by React Flow when a movement ends; `isByPerson` is false for our own. */
  onMoved(viewport: Viewport, isByPerson: boolean): void;
  onResized(): void;
}

export function useViewport(isReady: boolean, placement: Placement): ViewportTools {
  const { call, store } = useTools();
  const flow = useReactFlow();
  const isStill = useMedia(STILL);
  const isFitted = useRef(true);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const duration = isStill ? 0 : 260;
  const flowStore = useStoreApi();
  const latest = useRef(placement);
  latest.current = placement;

  /** Of all that stands on the board, also what is not drawn. */
  const fitAll = useCallback(
    (options?: { duration: number }) => {
      const { width, height } = flowStore.getState();
      if (width === 0 || height === 0) return;
      const bounds = boundsOf(latest.current);
      const at = getViewportForBounds(bounds, width, height, ZOOM.least, FIT.most, FIT.padding);
      void flow.setViewport(at, options);
    },
    [flow, flowStore],
  );

  const save = useCallback(
    (viewport: Viewport) => {
      clearTimeout(timer.current);
      timer.current = setTimeout(() => {
        call(tenant.saveViewport, { body: viewport }).catch((error: unknown) => {
          console.warn('the viewport was not saved', error);
        });
      }, SAVE_DELAY_MS);
    },
    [call],
  );

  useEffect(() => {
    if (!isReady) return;
    let isGone = false;
    call(tenant.readViewport)
      .then((saved) => {
        if (isGone) return;
        isFitted.current = isSame(saved, NEVER_SAVED);
        if (isFitted.current) fitAll();
        else void flow.setViewport(saved);
      })
      .catch(() => {
        // Without a saved viewport the chart is fitted, which is a good view in itself.
        if (!isGone) fitAll();
      });
    return () => {
      isGone = true;
      clearTimeout(timer.current);
    };
  }, [isReady, call, flow, fitAll]);

  const fit = useCallback(() => {
    isFitted.current = true;
    fitAll({ duration });
    if (store.getState().isRead) save(NEVER_SAVED);
  }, [fitAll, save, store, duration]);

  const onMoved = useCallback(
    (viewport: Viewport, isByPerson: boolean) => {
      if (!isByPerson) return;
      isFitted.current = false;
      save(viewport);
    },
    [save],
  );

  const onResized = useCallback(() => {
    if (isFitted.current) fitAll({ duration });
  }, [fitAll, duration]);

  return { fit, onMoved, onResized };
}

function isSame(a: Viewport, b: Viewport): boolean {
  return a.x === b.x && a.y === b.y && a.zoom === b.zoom;
}
