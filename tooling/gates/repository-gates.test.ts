// Repository gates: secrets, forbidden files and machine paths are seen wherever they are planted.
// What is planted is put together here, so that this file itself stays clean.

import { formatToken } from '@molecule/domain';
import { describe, expect, it } from 'vitest';
import { forbiddenPaths } from './forbidden-paths.ts';
import { lockInStep } from './lock-in-step.ts';
import { machineWords } from './machine-words.ts';
import { migrationsInOrder } from './migrations-in-order.ts';
import { packageDoors } from './package-doors.ts';
import { secrets } from './secrets.ts';
import { expectRedOnly, problemsIn } from './testing/plant-tree.ts';

const RANDOM = 'q7Zt0vK3mXw8bN1cR5yHs2LdJ9fGaE4uPiOoTnVkWzB6xSjYr';
const letters = (count: number) => RANDOM.repeat(2).slice(0, count);
const capitals = (count: number) => letters(count).toUpperCase();

describe('secrets', () => {
  const token = formatToken(letters(43), 'admin');
  const clean = {
    'README.md':
      'Set OPENAI_API_KEY=sk-... and DATABASE_URL=postgres://user:password@localhost:5432/molecule',
    'b.test.ts':
      "const keys = ['sk-test-0123456789abcdefghijk', 'AKIAABCDEFGHIJKLMNOP', 'postgres://me:canary@db/x'];",
    'a.ts': `export const almost = '${token.slice(0, -1)}${token.endsWith('0') ? '1' : '0'}';\nconst risk = 'task-list-of-the-whole-organisation';`,
  };

  it.each([
    ['a token of ours', token],
    ['an AWS access key', `AKIA${capitals(16)}`],
    ['an AWS secret key', `aws_secret_access_key = "${letters(40)}"`],
    ['a GitHub token', `ghp_${letters(36)}`],
    ['a GitLab token', `glpat-${letters(20)}`],
    ['a Slack token', `xoxb-${letters(30)}`],
    ['a Slack webhook', `https://hooks.slack.com/services/T${capitals(8)}/B${capitals(8)}/${letters(24)}`],
    ['an Anthropic key', `sk-ant-api03-${letters(40)}`],
    ['an OpenAI key', `sk-proj-${letters(40)}`],
    ['a Google key', `AIza${letters(35)}`],
    ['a Stripe key', `sk_live_${letters(24)}`],
    ['an npm token', `npm_${letters(36)}`],
    ['a private key', `-----BEGIN RSA ${'PRIVATE'} KEY-----`],
    ['a JSON web token', `eyJ${letters(20)}.eyJ${letters(20)}.${letters(30)}`],
    ['a password in a URL', `postgres://molecule:${letters(9)}@db.internal/molecule`],
  ])('%s is seen in code and in prose', async (_kind, secret) => {
    await expectRedOnly(secrets, clean, {
      'docs/x.md': `Use ${secret} here.`,
      'src/x.ts': `export const x = '${secret}';`,
    });
  });
});

describe('forbidden paths', () => {
  const clean = {
    '.env.example': '#PORT=8080',
    'src/log.ts': '',
    'docs/keys.md': '',
    'src/distance/a.ts': '',
  };

  it.each([
    'node_modules/x/index.js',
    'apps/a/dist/main.js',
    '.molecule/data.json',
    '.env',
    'apps/a/.env.local',
    'server.log',
    'data/admin-token',
    'certs/server.pem',
    'certs/id_ed25519',
    'db/PG_VERSION',
  ])('%s must not be committed', async (path) => {
    await expectRedOnly(forbiddenPaths, clean, { [path]: 'x' });
  });

  it('a file of 700 KB is too large', async () => {
    await expectRedOnly(forbiddenPaths, clean, { 'docs/picture.png': 'x'.repeat(700_001) });
  });
});

describe('migrations in order', () => {
  const clean = {
    'apps/a/migrations/0001_first.sql': '',
    'apps/a/migrations/0002_second.sql': '',
    'apps/b/migrations/0001_first.sql': '',
    'apps/b/migrations/README.md': '',
    'docs/0007_x.sql': '',
  };

  it.each(['0004_gap', '0002_twice', '0003_Large', '3_short'])('refuse %s', async (name) => {
    await expectRedOnly(migrationsInOrder, clean, { [`apps/a/migrations/${name}.sql`]: '' });
  });
});

describe('machine words', () => {
  const clean = {
    'a.md':
      'Agents see /workspace/files; see https://example.com/root/x and ./work/notes, /home/user/x, /tmp/x.',
    'b.ts': "export const path = 'apps/work/a.ts';",
  };

  it.each([
    `/${'work'}/main/x`,
    `/${'farm'}/x`,
    `/${'tmp'}/brief/x`,
    `/${'root'}/x`,
    `/${'home'}/seed/project`,
  ])('%s is a folder of one machine', async (path) => {
    await expectRedOnly(machineWords, clean, {
      'docs/x.md': `see ${path}`,
      'src/x.ts': `const a = '${path}';`,
    });
  });
});

describe('package doors', () => {
  const manifest = (more: object) =>
    JSON.stringify({ name: '@molecule/a', private: true, exports: { '.': './src/index.ts' }, ...more });
  const clean = { 'packages/a/package.json': manifest({ dependencies: { zod: '4.6.7' } }) };

  it.each([
    ['a deep path', { exports: { '.': './src/index.ts', './deep': './src/deep.ts' } }],
    ['a wildcard', { exports: { './*': './src/*' } }],
    ['no exports', { exports: undefined }],
    ['a range', { dependencies: { zod: '^4.6.7' } }],
    ['a tag', { devDependencies: { zod: 'latest' } }],
    ['a public package', { private: false }],
  ])('%s is refused', async (_what, more) => {
    await expectRedOnly(packageDoors, clean, { 'packages/b/package.json': manifest(more) });
  });

  it('names the package that is not pinned', async () => {
    const found = await problemsIn(packageDoors, {
      'packages/b/package.json': manifest({ dependencies: { zod: '*' } }),
    });
    expect(found).toEqual(['packages/b/package.json zod is not pinned to one version (*)']);
  });
});

describe('the lock', () => {
  const manifest = (dependencies: object) => JSON.stringify({ name: 'a', dependencies });
  const lock = JSON.stringify({
    packages: {
      '': { name: 'root', devDependencies: { vitest: '4.1.12' } },
      'packages/a': { dependencies: { zod: '4.6.7' } },
      'node_modules/zod': { version: '4.6.7' },
    },
  });
  const clean = {
    'package.json': JSON.stringify({ name: 'root', devDependencies: { vitest: '4.1.12' } }),
    'packages/a/package.json': manifest({ zod: '4.6.7' }),
    'package-lock.json': lock,
  };

  it.each([
    ['asks for another version', 'packages/a/package.json', { zod: '4.6.8' }],
    ['asks for something new', 'packages/a/package.json', { zod: '4.6.7', ws: '8.23.0' }],
    ['asks for something no more', 'packages/a/package.json', {}],
    ['is new', 'packages/b/package.json', {}],
  ])('is out of step when a package.json %s', async (_what, path, dependencies) => {
    await expectRedOnly(lockInStep, clean, { [path]: manifest(dependencies) });
  });

  it('must be there', async () => {
    const { 'package-lock.json': _lock, ...rest } = clean;
    expect(await problemsIn(lockInStep, rest)).toHaveLength(1);
  });
});
