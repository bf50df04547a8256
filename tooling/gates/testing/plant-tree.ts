// Plant tree: a small repository in a temporary folder, clean or with a violation planted in it.

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect } from 'vitest';
import type { Gate } from '../gate.ts';

const planted: string[] = [];
afterAll(() => {
  for (const root of planted) rmSync(root, { recursive: true, force: true });
});

export function plantTree(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), 'molecule-gate-'));
  planted.push(root);
  execFileSync('git', ['init', '-q'], { cwd: root });
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

export async function problemsIn(gate: Gate, files: Readonly<Record<string, string>>): Promise<string[]> {
  return (await gate.find(plantTree(files))).map(({ path, message }) => `${path} ${message}`);
}

/** Green on the clean tree; red once `planted` is added, and at exactly these paths. */
export async function expectRedOnly(
  gate: Gate,
  clean: Readonly<Record<string, string>>,
  plant: Readonly<Record<string, string>>,
  redPaths: readonly string[] = Object.keys(plant),
): Promise<void> {
  expect(await problemsIn(gate, clean)).toEqual([]);
  const found = await gate.find(plantTree({ ...clean, ...plant }));
  expect([...new Set(found.map(({ path }) => path))].sort()).toEqual([...redPaths].sort());
}
