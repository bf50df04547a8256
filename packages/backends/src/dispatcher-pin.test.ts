// Dispatcher pin: nothing in the repository goes around the dispatcher. Types come first (the package exports a factory and
// no backend object); this reads the source for what types cannot see. Comments are stripped, so that they may say anything.

import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import * as frontDoor from './index.ts';

const REPOSITORY = fileURLToPath(new URL('../../../', import.meta.url));

/**
 * Production code that runs programs of its own: a database server, the memory plugin, whole tenants and
 * the machines that they are given. Never a unit.
 */
const MAY_RUN_PROGRAMS = [
  'packages/backends/',
  'packages/postgres/src/',
  'apps/workspace-server/src/sidecar/',
  'apps/control-plane/src/placement/',
  'apps/tenant-boot/src/',
];

const RULES = [
  {
    says: 'reaches into the backends package',
    pattern:
      /['"](@molecule\/backends\/[^'"]*|[^'"]*packages\/backends[^'"]*|(?:\.\.\/)+backends\/[^'"]*)['"]/,
    isExempt: (path: string) => path.startsWith('packages/backends/'),
  },
  {
    says: 'runs programs or containers by itself',
    pattern: /['"](?:(?:node:)?child_process|dockerode|execa|cross-spawn|zx)['"]/,
    isExempt: (path: string) => MAY_RUN_PROGRAMS.some((folder) => path.startsWith(folder)),
  },
  {
    says: 'names a backend class',
    pattern: /\b(?:Process|External|Fake|Docker|Cloud)Backend\b/,
    isExempt: (path: string) => path.startsWith('packages/backends/'),
  },
] as const;

interface Violation {
  path: string;
  says: string;
}

function violationsIn(path: string, source: string): Violation[] {
  const code = stripComments(source);
  return RULES.filter((rule) => !rule.isExempt(path) && rule.pattern.test(code)).map(({ says }) => ({
    path,
    says,
  }));
}

/** Texts are kept, comments go: a comment sign inside a text is no comment. */
function stripComments(source: string): string {
  return source.replace(
    /("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`)|\/\/[^\n]*|\/\*[\s\S]*?\*\//g,
    (_, text: string | undefined) => text ?? '',
  );
}

function sourcesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return isProduction(entry.name) ? sourcesBelow(path) : [];
    return /\.(ts|tsx|mts|mjs|js)$/.test(entry.name) && !/\.(test|contract)\.tsx?$/.test(entry.name)
      ? [path]
      : [];
  });
}

function isProduction(folder: string): boolean {
  return !['node_modules', 'dist', 'testing', 'testkit', 'generated'].includes(folder);
}

describe('the dispatcher is the only door to the backends', () => {
  it('finds nothing that goes around it', () => {
    const files = ['apps', 'packages'].flatMap((folder) => sourcesBelow(join(REPOSITORY, folder)));
    expect(files.length).toBeGreaterThan(50);
    const violations = files.flatMap((file) =>
      violationsIn(relative(REPOSITORY, file), readFileSync(file, 'utf8')),
    );
    expect(violations).toEqual([]);
  });

  it.each([
    ["import { x } from '@molecule/backends/src/process/process-backend.ts';", 1],
    ["import { x } from '../../../packages/backends/src/dispatcher.ts';", 1],
    ['const x = await import("../../backends/src/backend.ts");', 1],
    ["import { spawn } from 'node:child_process';", 1],
    ["const { spawn } = require('child_process');", 1],
    ["import Docker from 'dockerode';", 1],
    ['const b = new ProcessBackend(options, log);', 1],
    ["import { createDispatcher } from '@molecule/backends';", 0],
    ["// import { spawn } from 'node:child_process';", 0],
    ["/* new ProcessBackend() and 'dockerode' */ export {};", 0],
    ["const url = 'https://a.b'; import('dockerode');", 1],
  ])('judges a planted %s', (source, count) => {
    expect(violationsIn('apps/workspace-server/src/planted.ts', source)).toHaveLength(count);
  });

  it('has a front door without backend objects', () => {
    expect(Object.keys(frontDoor).sort()).toEqual([
      'CAPABILITIES',
      'FEATURES',
      'FakeControls',
      'OFFERED',
      'VERBS',
      'WITHOUT_BACKEND',
      'buildWorkspaceImage',
      'cellMark',
      'createDispatcher',
      'imageSources',
    ]);
  });
});
