// Use colours: the tokens that pictures are painted with, read anew when the theme changes.

import { useMemo } from 'react';
import { useTheme } from '../features/theme/use-theme.ts';
import { plainColour } from '../ui/plain-colour.ts';
import { DARK, useMedia } from '../ui/use-media.ts';
import type { Colours } from './paint-chart.ts';

export function useColours(): Colours {
  const [theme] = useTheme();
  const isDark = useMedia(DARK);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the page's styles follow the theme and the system
  return useMemo(() => readColours(document.body), [theme, isDark]);
}

function readColours(box: HTMLElement): Colours {
  return {
    paper: plainColour(box, '--c-paper'),
    surface: plainColour(box, '--c-surface'),
    line: plainColour(box, '--c-line'),
    lineStrong: plainColour(box, '--c-line-strong'),
    ink: plainColour(box, '--c-ink'),
    inkSoft: plainColour(box, '--c-ink-soft'),
    motion: plainColour(box, '--c-motion'),
    warn: plainColour(box, '--c-warn'),
    fail: plainColour(box, '--c-fail'),
  };
}
