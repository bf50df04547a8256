// Theme of: the tokens as plain colours, because the terminal reads neither light-dark() nor oklch().

import type { ITheme } from '@xterm/xterm';

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

function plainColour(box: HTMLElement, token: string): string {
  const named = document.createElement('span');
  named.style.color = `var(${token})`;
  box.append(named);
  const text = getComputedStyle(named).color;
  named.remove();
  const pixel = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  if (!pixel) return text;
  pixel.fillStyle = text;
  pixel.fillRect(0, 0, 1, 1);
  const [red = 0, green = 0, blue = 0] = pixel.getImageData(0, 0, 1, 1).data;
  return `rgb(${red}, ${green}, ${blue})`;
}
