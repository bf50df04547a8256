// Build gates: the compiler's verdict, floating promises, browser bundles and generated files turn red when they should.

import { describe, expect, it } from 'vitest';
import { browserBundles } from './browser-bundles.ts';
import { generatedFilesOf } from './generated-files.ts';
import { expectRedOnly, plantTree, problemsIn } from './testing/plant-tree.ts';
import { typesOf } from './types.ts';

const LIMIT = 60_000;

describe('types and floating promises', () => {
  const gate = typesOf('tsconfig.json');
  const clean = {
    'tsconfig.json': JSON.stringify({
      compilerOptions: {
        strict: true,
        noEmit: true,
        target: 'ES2023',
        module: 'ESNext',
        moduleResolution: 'Bundler',
        types: [],
        lib: ['ES2023'],
      },
      include: ['packages'],
    }),
    'packages/a/src/a.ts': `
      export async function work(): Promise<void> {}
      export class Kept { last: Promise<void> = work(); push(): void { this.last = this.last.then(work); } }
      export async function fine(): Promise<void> {
        await work(); void work(); const later = work(); work().catch(() => {}); work().then(() => {}, () => {});
        work().catch(() => {}).finally(() => {}); [1].forEach((n) => n + 1); await later; return work();
      }
    `,
  };

  it(
    'are green on awaited, voided, kept and caught promises',
    async () => {
      expect(await problemsIn(gate, clean)).toEqual([]);
    },
    LIMIT,
  );

  it(
    'are red on each way of letting one go',
    async () => {
      const plant = [
        'work();',
        'work().then(() => {});',
        'work().finally(() => {});',
        'true && work();',
        'true ? work() : 1;',
        '(work());',
        'Promise.all([work()]);',
        'new Promise(() => {});',
      ];
      const text = `import { work } from '../../a/src/a.ts';\n${plant.join('\n')}\n`;
      const found = await gate.find(plantTree({ ...clean, 'packages/b/src/b.ts': text }));
      expect(found.filter(({ message }) => message.includes('promise')).map(({ line }) => line)).toEqual(
        plant.map((_, index) => index + 2),
      );
    },
    LIMIT,
  );

  it(
    'are red on a type error',
    async () => {
      await expectRedOnly(gate, clean, { 'packages/b/src/b.ts': "export const n: number = 'one';\n" });
    },
    LIMIT,
  );
});

describe('browser bundles', () => {
  const clean = {
    'packages/domain/src/index.ts': 'export const one = 1;',
    'packages/contracts/src/index.ts': "export { one } from '../../domain/src/index.ts';",
    'packages/client/src/index.ts': 'export const two = 2;',
  };

  it.each(['node:fs', 'crypto', 'node:timers/promises'])('are red when one asks for %s', async (module) => {
    await expectRedOnly(
      browserBundles,
      clean,
      { 'packages/domain/src/index.ts': `import * as m from '${module}';\nexport const one = m;` },
      ['packages/domain/src/index.ts'],
    );
  });

  it('are red when an entry is missing', async () => {
    const { 'packages/client/src/index.ts': _client, ...rest } = clean;
    expect(await problemsIn(browserBundles, rest)).not.toEqual([]);
  });
});

describe('generated files', () => {
  const gate = generatedFilesOf([{ path: 'made.txt', text: () => 'now' }]);

  it('are red when stale or missing', async () => {
    await expectRedOnly(gate, { 'made.txt': 'now' }, { 'made.txt': 'then' });
    expect(await problemsIn(gate, {})).toEqual([
      'made.txt is not what its sources say; run `npm run generate`',
    ]);
  });
});
