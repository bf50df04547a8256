// Logical CSS: the canvas says start and end, never left and right, so that a language written from right to left mirrors it.

import type { Gate, Violation } from './gate.ts';
import { isTestCode, listFiles, readText } from './repository-files.ts';

const CANVAS = 'apps/canvas/src/';
const FIX = 'use the logical one (start, end, inline)';

/** Utilities of Tailwind; `rounded-l` is our own large radius. */
const UTILITY =
  /(?<![\w-])-?(?:(?:scroll-)?[mp][lr]-[\w[(.]|(?:left|right)-(?:[\d[(]|auto\b|full\b|px\b)|border-[lr](?:-|(?![\w-]))|rounded-(?:[lr]|[tb][lr])-|(?:text|float|clear)-(?:left|right)(?![\w-]))[^\s"'`]*/g;
const PROPERTY =
  /(?<![\w-])(?:(?:margin|padding|border|scroll-margin|scroll-padding)-(?:left|right)[\w-]*|(?:left|right)|border-(?:top|bottom)-(?:left|right)-radius)\s*:|(?<![\w-])(?:text-align|float|clear)\s*:\s*(?:left|right)\b/g;
const STYLE =
  /(?<![\w-])(?:(?:margin|padding|border|scrollMargin|scrollPadding)(?:Left|Right)\w*|border(?:Top|Bottom)(?:Left|Right)Radius)\s*:|(?<![\w-])(?:textAlign|float|clear)\s*:\s*['"](?:left|right)['"]|style=\{\{[^}]*(?<![\w-])(?:left|right)\s*:/g;

/** Path and text, and why it stays. */
export const PHYSICAL_EXCEPTIONS: Readonly<Record<string, string>> = {
  'apps/canvas/src/ui/code-look.ts borderLeftColor:':
    'the editor draws its own cursor as a left border, and this only colours it',
};

export const logicalCss: Gate = {
  name: 'the canvas can be mirrored',
  find(root) {
    return listFiles(root)
      .filter((path) => path.startsWith(CANVAS) && /\.(css|tsx?)$/.test(path) && !isTestCode(path))
      .flatMap((path) => findPhysical(path, readText(root, path) ?? ''));
  },
};

function findPhysical(path: string, text: string): Violation[] {
  const patterns = path.endsWith('.css') ? [PROPERTY] : [UTILITY, STYLE];
  return text.split('\n').flatMap((line, i) =>
    patterns
      .flatMap((pattern) => [...line.matchAll(pattern)].map(([found]) => found))
      .filter((found) => !Object.hasOwn(PHYSICAL_EXCEPTIONS, `${path} ${found}`))
      .map((found) => ({ path, line: i + 1, message: `says ${found}; ${FIX}` })),
  );
}
