// Imports: each row of the import map, each door and the ban on cycles turn red on a planted import.

import { describe, expect, it } from 'vitest';
import { imports, importsOf } from './imports.ts';
import { expectRedOnly, problemsIn } from './testing/plant-tree.ts';

const gate = importsOf(1);
const one = 'export const one = 1;\n';
const from = (path: string, ...more: string[]) =>
  [path, ...more].map((each) => `import '${each}';\n`).join('');

const CLEAN = {
  'packages/domain/src/index.ts': one,
  'packages/domain/src/rule.ts': one,
  'packages/kit/src/index.ts': one,
  'packages/postgres/src/index.ts': from('../../kit/src/index.ts', 'node:child_process'),
  'packages/contracts/src/index.ts': from('../../domain/src/index.ts'),
  'packages/client/src/index.ts': from('../../contracts/src/index.ts'),
  'packages/http/src/index.ts': from('../../kit/src/index.ts'),
  'packages/testkit/src/index.ts': from('../../postgres/src/index.ts'),
  'packages/backends/src/index.ts': from('./dispatcher.ts'),
  'packages/backends/src/dispatcher.ts': from('./process/process-backend.ts', './fake/fake-backend.ts'),
  'packages/backends/src/process/process-backend.ts': from('node:child_process'),
  'packages/backends/src/fake/fake-backend.ts': one,
  'packages/domain/src/rule.test.ts': from('./rule.ts', '../../testkit/src/index.ts'),
  'apps/workspace-server/src/main.ts': from('./compose.ts'),
  'apps/workspace-server/src/compose.ts': from(
    './features/a/index.ts',
    './features/a/a-store.pg.ts',
    './features/b/index.ts',
  ),
  'apps/workspace-server/src/compose-stores.ts': from('./features/a/a-store.pg.ts'),
  'apps/workspace-server/src/features/a/index.ts': from('./make-a.ts'),
  'apps/workspace-server/src/features/a/make-a.ts': from('../b/index.ts'),
  'apps/workspace-server/src/features/a/a-store.pg.ts': one,
  'apps/workspace-server/src/features/a/a-store.db.test.ts': from('./a-store.pg.ts'),
  'apps/workspace-server/src/features/b/index.ts': one,
  'apps/workspace-server/src/features/b/make-b.ts': one,
  'apps/canvas/src/app.tsx': from('./features/chat/chat.tsx', '../../../packages/client/src/index.ts'),
  'apps/canvas/src/features/chat/chat.tsx': one,
  'e2e/start.scenario.ts': from('../packages/testkit/src/index.ts'),
  'tooling/gate.ts': from('../apps/workspace-server/src/compose.ts', '../packages/domain/src/rule.ts'),
};

describe('the import map', () => {
  it.each([
    ['kit imports domain', 'packages/kit/src/x.ts', '../../domain/src/index.ts'],
    ['domain imports kit', 'packages/domain/src/x.ts', '../../kit/src/index.ts'],
    ['contracts imports kit', 'packages/contracts/src/x.ts', '../../kit/src/index.ts'],
    ['client imports http', 'packages/client/src/x.ts', '../../http/src/index.ts'],
    ['http imports postgres', 'packages/http/src/x.ts', '../../postgres/src/index.ts'],
    ['postgres imports domain', 'packages/postgres/src/x.ts', '../../domain/src/index.ts'],
    ['backends imports postgres', 'packages/backends/src/x.ts', '../../postgres/src/index.ts'],
    ['canvas imports kit', 'apps/canvas/src/x.ts', '../../../packages/kit/src/index.ts'],
    ['cli imports http', 'apps/cli/src/x.ts', '../../../packages/http/src/index.ts'],
    [
      'runtime imports postgres',
      'apps/workspace-runtime/src/x.ts',
      '../../../packages/postgres/src/index.ts',
    ],
    ['edge imports postgres', 'apps/edge/src/x.ts', '../../../packages/postgres/src/index.ts'],
    ['a server imports testkit', 'apps/workspace-server/src/x.ts', '../../../packages/testkit/src/index.ts'],
    ['a package imports tooling', 'packages/kit/src/x.ts', '../../../tooling/gate.ts'],
    ['a package imports a test', 'packages/domain/src/x.ts', './rule.test.ts'],
    ['an app imports another', 'apps/canvas/src/x.ts', '../../workspace-server/src/features/b/index.ts'],
    ['an app imports deep into a package', 'apps/canvas/src/x.ts', '../../../packages/domain/src/rule.ts'],
    ['a test imports deep into a package', 'packages/kit/src/x.test.ts', '../../domain/src/rule.ts'],
    ['a feature goes past a door', 'apps/workspace-server/src/features/a/x.ts', '../b/make-b.ts'],
    ['compose goes past a door', 'apps/workspace-server/src/server.ts', './features/b/make-b.ts'],
    ['a feature builds a store', 'apps/workspace-server/src/features/a/x.ts', './a-store.pg.ts'],
    ['main builds a store', 'apps/workspace-server/src/server.ts', './features/a/a-store.pg.ts'],
    ['a feature imports compose', 'apps/workspace-server/src/features/b/x.ts', '../../compose.ts'],
    [
      'a feature imports a part of compose',
      'apps/workspace-server/src/features/b/x.ts',
      '../../compose-stores.ts',
    ],
    ['a feature calls itself compose', 'apps/workspace-server/src/features/a/compose.ts', './a-store.pg.ts'],
    ['something goes around the dispatcher', 'packages/backends/src/x.ts', './process/process-backend.ts'],
    ['a backend imports another', 'packages/backends/src/fake/x.ts', '../process/process-backend.ts'],
    ['a feature starts a program', 'apps/workspace-server/src/features/b/x.ts', 'node:child_process'],
    ['a feature starts a program, old style', 'apps/workspace-server/src/features/b/x.ts', 'child_process'],
    ['an import leads nowhere', 'packages/kit/src/x.ts', './not-there.ts'],
    ['a package nobody declared', 'packages/kit/src/x.ts', 'left-pad'],
  ])('refuses: %s', async (_what, path, target) => {
    expect(
      (await problemsIn(gate, { ...CLEAN, [path]: from(target) })).filter((found) => found.startsWith(path)),
    ).not.toEqual([]);
  });

  it('is green on a tree that follows it', async () => {
    expect(await problemsIn(gate, CLEAN)).toEqual([]);
  });

  it('refuses an npm package that is installed but not declared by who imports it', async () => {
    const tree = {
      ...CLEAN,
      'package.json': JSON.stringify({ name: 'root', devDependencies: { there: '1.0.0' } }),
      'packages/kit/package.json': JSON.stringify({ name: 'kit', dependencies: { declared: '1.0.0' } }),
      'node_modules/there/package.json': JSON.stringify({
        name: 'there',
        version: '1.0.0',
        main: 'index.js',
      }),
      'node_modules/there/index.js': 'module.exports = 1;',
      'node_modules/declared/package.json': JSON.stringify({
        name: 'declared',
        version: '1.0.0',
        main: 'index.js',
      }),
      'node_modules/declared/index.js': 'module.exports = 1;',
    };
    await expectRedOnly(
      gate,
      { ...tree, 'packages/kit/src/fine.ts': from('declared') },
      { 'packages/kit/src/x.ts': from('there') },
    );
  });

  it('judges imports of types too', async () => {
    await expectRedOnly(gate, CLEAN, {
      'packages/kit/src/x.ts':
        "import type { one } from '../../domain/src/index.ts';\nexport type One = typeof one;\n",
    });
  });

  it('refuses a cycle, also one of types', async () => {
    const cycle = {
      'packages/kit/src/x.ts': "import type { Y } from './y.ts';\nexport type X = Y[];\n",
      'packages/kit/src/y.ts': "import type { X } from './x.ts';\nexport type Y = X | null;\n",
    };
    expect((await problemsIn(gate, { ...CLEAN, ...cycle })).join('\n')).toContain('no cycles');
  });

  it('is red when hardly anything was looked at', async () => {
    expect((await problemsIn(imports, CLEAN)).join('\n')).toContain('the check is broken');
  });
});
