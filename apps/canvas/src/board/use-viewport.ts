// Use viewport: the part of the board that is seen. Fitted to the chart until a person moves it; then kept and saved.

import { tenant } from '@molecule/contracts';
import { useReactFlow, type Viewport } from '@xyflow/react';
import { useCallback, useEffect, useRef } from 'react';
import { useTools } from '../store/canvas-context.ts';
import { STILL, useMedia } from '../ui/use-media.ts';

const SAVE_DELAY_MS = 800;
/** What a server answers that has none saved; saving it again means "fit the chart". */
const NEVER_SAVED: Viewport = { x: 0, y: 0, zoom: 1 };
export const FIT = { padding: 0.1, maxZoom: 1.05, minZoom: 0.1 } as const;

export interface ViewportTools {
  fit(): void;
  /** Told by React Flow when a movement ends; `isByPerson` is false for our own. */
  onMoved(viewport: Viewport, isByPerson: boolean): void;
  onResized(): void;
}

export function useViewport(isReady: boolean): ViewportTools {
  const { call, store } = useTools();
  const flow = useReactFlow();
  const isStill = useMedia(STILL);
  const isFitted = useRef(true);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const duration = isStill ? 0 : 260;

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
        if (isFitted.current) void flow.fitView(FIT);
        else void flow.setViewport(saved);
      })
      .catch(() => {
        // Without a saved viewport the chart is fitted, which is a good view in itself.
        if (!isGone) void flow.fitView(FIT);
      });
    return () => {
      isGone = true;
      clearTimeout(timer.current);
    };
  }, [isReady, call, flow]);

  const fit = useCallback(() => {
    isFitted.current = true;
    void flow.fitView({ ...FIT, duration });
    if (store.getState().isRead) save(NEVER_SAVED);
  }, [flow, save, store, duration]);

  const onMoved = useCallback(
    (viewport: Viewport, isByPerson: boolean) => {
      if (!isByPerson) return;
      isFitted.current = false;
      save(viewport);
    },
    [save],
  );

  const onResized = useCallback(() => {
    if (isFitted.current) void flow.fitView({ ...FIT, duration });
  }, [flow, duration]);

  return { fit, onMoved, onResized };
}

function isSame(a: Viewport, b: Viewport): boolean {
  return a.x === b.x && a.y === b.y && a.zoom === b.zoom;
}
