// Proves that every requirement has a scenario and every citation a requirement.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { REQUIREMENTS } from './requirements.ts';

const CITATION = /verifies\(\s*(\[[^\]]*\]|'[^']*')/g;

function citedIds(): string[] {
  return readdirSync(import.meta.dirname)
    .filter((name) => name.endsWith('.scenario.ts') && name !== 'requirements.scenario.ts')
    .flatMap((name) => [...readFileSync(join(import.meta.dirname, name), 'utf8').matchAll(CITATION)])
    .flatMap(([, ids = '']) => [...ids.matchAll(/'([^']+)'/g)].map(([, id = '']) => id));
}

/** The rows of docs/requirements are judged by a gate of `npm run check`. */
const isDocumented = (id: string): boolean => /^[a-z]+\.\d/.test(id);

it('has a scenario for every requirement and a requirement for every citation', () => {
  const cited = new Set(citedIds().filter((id) => !isDocumented(id)));
  expect([...cited].sort()).toEqual(Object.keys(REQUIREMENTS).sort());
});
