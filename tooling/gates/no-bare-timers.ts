// No bare timers: work that repeats runs under kit's Supervisor and waiting goes through kit's Clock, where failures are
// seen and a stop ends it. What may set a timer of its own is listed here with the reason.

import ts from 'typescript';
import type { Gate, Violation } from './gate.ts';
import { isTestCode, isTypeScript, listFiles, readText } from './repository-files.ts';
import { lineOf, parse, walk } from './syntax.ts';

const TIMERS = new Set(['setInterval', 'setTimeout']);

/** Path (a prefix ending in `/`, or one file) and why it may. */
export const TIMER_EXCEPTIONS: Readonly<Record<string, string>> = {
  'packages/kit/': 'the supervised loops and the clock themselves',
  'packages/postgres/': 'waits for a database process, below the level of loops',
  'packages/backends/src/process/':
    'waits for processes of the operating system, some of them without an exit event',
  'packages/backends/src/docker/in-unit/': 'a program of its own inside a container, with one short wait',
  'apps/canvas/': 'runs in a browser, where a closed tab ends every timer',
  'apps/workspace-server/src/features/relay/agent-connection.ts':
    'silence limit of one call, cleared when it ends',
  'apps/workspace-server/src/features/events/event-socket.ts': 'ping of one socket, cleared when it closes',
  'apps/workspace-server/src/features/events/socket-feed.ts': 'a pause of 25 ms at most between two rounds',
  'apps/workspace-server/src/features/events/event-stream.ts': 'ping of one stream, cleared when it closes',
};

export const noBareTimers: Gate = {
  name: 'timers are supervised',
  find(root) {
    const allowed = Object.keys(TIMER_EXCEPTIONS);
    return listFiles(root)
      .filter((path) => /^(apps|packages)\//.test(path) && isTypeScript(path) && !isTestCode(path))
      .filter(
        (path) => !allowed.some((entry) => (entry.endsWith('/') ? path.startsWith(entry) : path === entry)),
      )
      .flatMap((path) => findTimers(path, readText(root, path) ?? ''));
  },
};

function findTimers(path: string, text: string): Violation[] {
  if (!/set(Interval|Timeout)|timers/.test(text)) return [];
  const found: Violation[] = [];
  walk(parse(path, text), (node) => {
    const name = timerName(node);
    if (name !== null) {
      found.push({
        path,
        line: lineOf(node),
        message: `sets a bare timer (${name}); use kit's Supervisor or Clock`,
      });
    }
  });
  return found;
}

function timerName(node: ts.Node): string | null {
  if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier)) {
    return /^(node:)?timers(\/promises)?$/.test(node.moduleSpecifier.text) ? node.moduleSpecifier.text : null;
  }
  if (!ts.isIdentifier(node) || !TIMERS.has(node.text) || ts.isImportSpecifier(node.parent)) return null;
  const { parent } = node;
  const isMember = ts.isPropertyAccessExpression(parent) && parent.name === node;
  if (isMember && !/^(globalThis|window)$/.test(parent.expression.getText())) return null;
  const isOurName =
    (ts.isPropertyAssignment(parent) || ts.isClassElement(parent) || ts.isTypeElement(parent)) &&
    parent.name === node;
  const isType = ts.isTypeQueryNode(parent);
  return isOurName || isType ? null : node.text;
}
