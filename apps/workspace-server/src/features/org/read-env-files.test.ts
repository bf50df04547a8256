// Read env files: what a line means, which file wins, and that no file outside of the template is read.

import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseEnvFile, readSecretNames, readSecretsOf } from './read-env-files.ts';

describe('a line of an env file', () => {
  it.each([
    ['A=1', { A: '1' }],
    ['  A = 1  ', { A: '1' }],
    ['export A=1', { A: '1' }],
    ['A="with spaces"', { A: 'with spaces' }],
    ["A='x=y'", { A: 'x=y' }],
    ['A=""', {}],
    ['A=', {}],
    ['# A=1', {}],
    ['', {}],
    ['no assignment', {}],
    ['=value', {}],
    ['A="one', { A: '"one' }],
    ['A=a#b', { A: 'a#b' }],
    ['A=1\r\nB=2\nA=3', { A: '3', B: '2' }],
  ])('%j holds %j', (text, values) => {
    expect(parseEnvFile(text)).toEqual(values);
  });
});

describe('the secrets of a template', () => {
  let root: string;

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'molecule-env-'));
    await mkdir(join(root, 'team'));
    await writeFile(join(root, '.env'), 'A=root\nB=root\nC=root');
    await writeFile(join(root, 'team', '.env'), 'B=team\nC=team');
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  it('come from the template, the folder and the node, the later winning', async () => {
    const node = { name: 'x', files_dir: 'team', secrets: { C: 'node' } };
    expect(await readSecretsOf(root, node)).toEqual({ A: 'root', B: 'team', C: 'node' });
    expect(await readSecretsOf(root, { name: 'y' })).toEqual({ A: 'root', B: 'root', C: 'root' });
    expect(await readSecretsOf(null, node)).toEqual({ C: 'node' });
    const tree = { name: 'z', children: [{ name: 'below', secrets: { D: '1' } }] };
    expect([...(await readSecretNames(root, [tree]))].sort()).toEqual(['A', 'B', 'C', 'D']);
  });

  it('come from nowhere else', async () => {
    const outside = await mkdtemp(join(tmpdir(), 'molecule-env-'));
    await writeFile(join(outside, '.env'), 'STOLEN=1');
    await symlink(outside, join(root, 'link'));
    for (const files_dir of ['link', '..', `../${outside.split('/').at(-1)}`, outside]) {
      expect(await readSecretsOf(root, { name: 'x', files_dir })).not.toHaveProperty('STOLEN');
    }
    await rm(outside, { recursive: true, force: true });
  });
});
