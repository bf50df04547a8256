// Proves that the contracts list the failure texts that servers send, each for its operation, and no text that nobody sends.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as contracts from './index.ts';
import type { AnyRoute } from './route.ts';

const ROOT = join(import.meta.dirname, '../../..');
const SOURCES = ['apps/workspace-server/src', 'apps/control-plane/src', 'packages/domain/src'];

/** What a bug is called where nothing is known about it. */
const BUGS = ['internal error', 'relaying the message failed'];

const source = SOURCES.flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((path) => join(folder, path)),
)
  .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts'))
  .map((path) => readFileSync(join(ROOT, path), 'utf8'))
  .join('\n');

const routes = Object.values(contracts)
  .flatMap((part) => (typeof part === 'object' ? Object.values(part) : []))
  .filter((part): part is AnyRoute => typeof part === 'object' && part !== null && 'policy' in part);

const listed = new Set(routes.flatMap(({ failures = [] }) => failures));

/** Texts of 500s as the code says them; what is filled in stands as `<name>`. */
function textsIn(code: string): string[] {
  const ways =
    /(?:asFailure|internal|teamConfigUnreadable|secretUnreadable)\(\s*(?:'([^']+)'|`([^`]+)`)|'STOP_FAILED',\s*'([^']+)'|const UNREADABLE = '([^']+)'|\b(?:seal|save|remove): '([^']+)'|'(?:PURGE_FAILED|TRANSCRIPT_UNREADABLE)', '([^']+)'/g;
  return [...code.matchAll(ways)]
    .map((match) => match.slice(1).find((text) => text !== undefined) ?? '')
    .map((text) => text.replace(/\$\{[^}]+\}/g, '<name>'))
    .filter((text) => !BUGS.includes(text));
}

describe('failure texts', () => {
  it('that a server sends are listed in a contract, and those that are listed are sent', () => {
    expect(routes.length).toBeGreaterThan(100);
    expect([...new Set(textsIn(source))].sort()).toEqual([...listed].sort());
  });

  it.each([
    ["throw faults.internal('failed to dance');", 'failed to dance'],
    ["await asFailure('failed to sing', () => sing());", 'failed to sing'],
  ])('are found where code says %s', (code, text) => {
    expect(textsIn(code)).toEqual([text]);
    expect(listed).not.toContain(text);
  });

  it('are the only way to document a 500', () => {
    expect(routes.filter(({ errors = [] }) => errors.includes(500)).map(({ name }) => name)).toEqual([]);
  });
});
