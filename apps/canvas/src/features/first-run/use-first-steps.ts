// Use first steps: where a person is in them, kept in this browser.

import { useEffect, useSyncExternalStore } from 'react';
import { useShallow } from 'zustand/react/shallow';
import { useCanvas } from '../../store/canvas-context.ts';
import type { Canvas } from '../../store/store.ts';
import { advance, type Progress, parseProgress, type Seen, STEPS_KEY } from './model.ts';

const CHANGED = 'molecule:first-steps';

/** Null until the browser was asked; afterwards what counts, also where storage is refused. */
let current: Progress | null = null;

export function goToStep(progress: Progress): void {
  current = progress;
  try {
    localStorage.setItem(STEPS_KEY, progress);
  } catch (error) {
    console.warn('the first steps are not kept: this browser refuses storage', error);
  }
  window.dispatchEvent(new Event(CHANGED));
}

export function useProgress(): Progress {
  return useSyncExternalStore((onChange) => {
    window.addEventListener(CHANGED, onChange);
    return () => window.removeEventListener(CHANGED, onChange);
  }, readProgress);
}

/** Goes on when something has happened. */
export function useAdvancing(progress: Progress, isPaletteOpen: boolean): void {
  const seen = useCanvas(useShallow(seenOn));
  useEffect(() => {
    const next = advance(progress, { ...seen, hasPaletteOpen: isPaletteOpen });
    if (next !== progress) goToStep(next);
  }, [progress, seen, isPaletteOpen]);
}

function seenOn({ panel, threads, hops }: Canvas): Omit<Seen, 'hasPaletteOpen'> {
  const turns = Object.values(threads).flatMap((thread) => thread.turns);
  return {
    hasRoleOpen: panel.kind === 'role',
    hasAsked: turns.length > 0,
    hasHop: Object.keys(hops).length > 0,
    hasAnswer: turns.some((turn) => turn.state === 'done'),
    hasActivityOpen: panel.kind === 'organisation' || (panel.kind === 'role' && panel.tab === 'activity'),
  };
}

function readProgress(): Progress {
  if (current !== null) return current;
  try {
    current = parseProgress(localStorage.getItem(STEPS_KEY));
  } catch {
    // Without storage they start anew with each page, and can be skipped.
    current = 'open';
  }
  return current;
}
