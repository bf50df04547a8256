// Source gates: each rule about what a file may contain turns red on a planted violation, and stays green on near misses.

import { describe, expect, it } from 'vitest';
import { dispatcherDoor } from './dispatcher-door.ts';
import { firstLineSays } from './first-line-says.ts';
import { noBareTimers, TIMER_EXCEPTIONS } from './no-bare-timers.ts';
import { settingsAtTheDoor } from './settings-at-the-door.ts';
import { sqlInStores } from './sql-in-stores.ts';
import { expectRedOnly, problemsIn } from './testing/plant-tree.ts';

describe('settings at the door', () => {
  const clean = {
    'apps/a/src/config.ts': 'export const port = process.env.PORT;',
    'apps/a/src/run.ts':
      '// process.env is read elsewhere\nexport const run = (env: string) => `process.env.` + env;',
    'apps/a/src/run.test.ts': 'process.env.PORT = "1";',
    'tooling/x.ts': 'console.log(process.env.CI);',
  };

  it.each([
    'export const port = process.env.PORT;',
    "export const port = process['env'].PORT;",
    'const { env } = process; export const port = env.PORT;',
    "import { env } from 'node:process'; export const port = env.PORT;",
    'export const port = globalThis.process.env.PORT;',
  ])('refuse %s', async (text) => {
    await expectRedOnly(settingsAtTheDoor, clean, { 'packages/b/src/b.ts': text });
  });
});

describe('SQL in stores', () => {
  const clean = {
    'apps/a/src/features/x/store.pg.ts': 'export const q = `select id from things where id = 1`;',
    'packages/postgres/src/db.ts': "export const q = 'create table t (id int)';",
    'apps/a/src/words.ts':
      "export const words = ['Select a role from the list', 'update', 'delete from', 'Create a table', 'with care'];",
    'apps/a/src/x.test.ts': "export const q = 'delete from things';",
  };

  it.each([
    'const t = `select id from $' + '{"t"}`;',
    "export const q = 'SELECT a, b FROM things';",
    "export const q = 'insert into things (id) values (1)';",
    "export const q = 'UPDATE things SET a = 1';",
    "export const q = 'delete from things where id = 1';",
    "export const q = '\\n  with found as (select 1) select 2';",
    "export const q = 'alter table things add column a int';",
  ])('refuse %s', async (text) => {
    await expectRedOnly(sqlInStores, clean, { 'apps/a/src/features/x/list.ts': text });
  });
});

describe('supervised timers', () => {
  const clean = {
    'packages/kit/src/clock.ts': 'setTimeout(() => {}, 1);',
    'apps/a/src/run.ts':
      '// setInterval would be bare\nexport const f = (clock: { setTimeout(): void }) => clock.setTimeout();',
    'apps/a/src/run.test.ts': 'setTimeout(() => {}, 1);',
  };

  it.each([
    'setInterval(() => {}, 1000);',
    'export const later = new Promise((resolve) => setTimeout(resolve, 5));',
    'globalThis.setTimeout(() => {}, 5);',
    'const start = setInterval; start(() => {}, 5);',
    "import { setTimeout as sleep } from 'node:timers/promises'; export const later = sleep(5);",
  ])('refuse %s', async (text) => {
    await expectRedOnly(noBareTimers, clean, { 'apps/a/src/loop.ts': text });
  });

  it('give a reason for each exception', () => {
    for (const why of Object.values(TIMER_EXCEPTIONS)) expect(why.length).toBeGreaterThan(20);
  });
});

describe('first line', () => {
  it('must be a comment with words in it', async () => {
    const clean = {
      'a.ts': '// A: says what it is for.\n',
      'b.mjs': '#!/usr/bin/env node\n// B: says what it is for.\n',
    };
    await expectRedOnly(firstLineSays, clean, {
      'c.ts': "import 'x';\n",
      'd.tsx': '// ----------------\n',
      'e.ts': '',
    });
  });
});

describe('dispatcher door', () => {
  const index = (text: string) => ({ 'packages/backends/src/index.ts': text });
  const clean =
    "export { createDispatcher, type Dispatcher } from './dispatcher.ts';\nexport type { A } from './a/a.ts';\n";

  it('is green when only the factory goes out', async () => {
    expect(await problemsIn(dispatcherDoor, index(clean))).toEqual([]);
  });

  it.each([
    "export { ProcessBackend } from './process/process-backend.ts';",
    "export { ProcessBackend as createDispatcher } from './process/process-backend.ts';",
    "export * from './process/process-backend.ts';",
    'export class Around {}',
    "import { ProcessBackend } from './process/process-backend.ts';\nexport const make = () => new ProcessBackend();",
  ])('is red on %s', async (text) => {
    expect(await problemsIn(dispatcherDoor, index(clean + text))).not.toEqual([]);
  });
});
