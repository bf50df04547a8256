// Canvas context: hands the store, the caller and the follower to components; nothing here is a module-level singleton.

import type { Call } from '@molecule/client';
import { createContext, use } from 'react';
import { useStore } from 'zustand';
import type { TenantFollower } from '../features/connection/follow-tenant.ts';
import type { Canvas, CanvasStore } from './store.ts';

export interface CanvasTools {
  store: CanvasStore;
  call: Call;
  follower: TenantFollower;
  /** Answers that run now, by role: they outlive the panel that shows them. */
  answering: Map<string, AbortController>;
}

export const CanvasContext = createContext<CanvasTools | null>(null);

export function useTools(): CanvasTools {
  const tools = use(CanvasContext);
  if (!tools) throw new Error('a canvas component was rendered outside CanvasContext');
  return tools;
}

export function useCanvas<T>(select: (canvas: Canvas) => T): T {
  return useStore(useTools().store, select);
}
