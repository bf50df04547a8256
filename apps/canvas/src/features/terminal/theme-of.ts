// Theme of: the tokens as the colours of a terminal.

import type { ITheme } from '@xterm/xterm';
import { plainColour } from '../../ui/plain-colour.ts';

export function themeOf(box: HTMLElement): ITheme {
  const ink = plainColour(box, '--c-ink');
  return {
    background: plainColour(box, '--c-sunken'),
    foreground: ink,
    cursor: ink,
    cursorAccent: plainColour(box, '--c-sunken'),
    selectionBackground: plainColour(box, '--c-motion-soft'),
    ...inks(box),
  };
}

/** Every named colour is one that can be read on the background, plain and bright alike. */
function inks(box: HTMLElement): ITheme {
  const ink = plainColour(box, '--c-ink');
  const soft = plainColour(box, '--c-ink-soft');
  const fail = plainColour(box, '--c-fail');
  const well = plainColour(box, '--c-well');
  const warn = plainColour(box, '--c-warn');
  const motion = plainColour(box, '--c-motion');
  return {
    black: soft,
    red: fail,
    green: well,
    yellow: warn,
    blue: motion,
    magenta: fail,
    cyan: motion,
    white: ink,
    brightBlack: soft,
    brightRed: fail,
    brightGreen: well,
    brightYellow: warn,
    brightBlue: motion,
    brightMagenta: fail,
    brightCyan: motion,
    brightWhite: ink,
  };
}
