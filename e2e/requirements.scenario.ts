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

it('has a scenario for every requirement and a requirement for every citation', () => {
  expect([...new Set(citedIds())].sort()).toEqual(Object.keys(REQUIREMENTS).sort());
});
