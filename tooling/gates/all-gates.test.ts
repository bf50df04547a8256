// All gates: a rule without a planted violation proves nothing, so each gate in the list is tested by one of its siblings.

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { GATES } from './all-gates.ts';

const FOLDER = dirname(fileURLToPath(import.meta.url));
const importsOf = (file: string): string[] =>
  [...readFileSync(join(FOLDER, file), 'utf8').matchAll(/from '(\.\/[\w-]+\.ts)'/g)].map(
    ([, path]) => path ?? '',
  );

describe('the list of gates', () => {
  it('names no gate that no test plants a violation for', () => {
    const tested = readdirSync(FOLDER)
      .filter((file) => file.endsWith('.test.ts') && file !== 'all-gates.test.ts')
      .flatMap(importsOf);
    const listed = importsOf('all-gates.ts').filter((path) => path !== './gate.ts');
    expect(listed.length).toBeGreaterThanOrEqual(13);
    expect(listed.filter((path) => !tested.includes(path))).toEqual([]);
  });

  it('gives every gate a name of its own', () => {
    const names = Object.values(GATES).flatMap((gates) => gates.map(({ name }) => name));
    expect(new Set(names).size).toBe(names.length);
  });

  it('holds every gate of this folder', () => {
    const gates = readdirSync(FOLDER).filter(
      (file) =>
        file.endsWith('.ts') &&
        !file.endsWith('.test.ts') &&
        /: Gate( = |\s*\{)/.test(readFileSync(join(FOLDER, file), 'utf8')),
    );
    const listed = importsOf('all-gates.ts');
    expect(gates.filter((file) => !listed.includes(`./${file}`))).toEqual([]);
  });
});
