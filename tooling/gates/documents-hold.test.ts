// Proves that the documents gate turns red on a dead link and on a command that does not exist.

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { documentsHold } from './documents-hold.ts';

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'molecule-docs-'));
  execFileSync('git', ['init', '-q'], { cwd: root });
  mkdirSync(join(root, 'docs'));
  writeFileSync(join(root, 'package.json'), '{"scripts":{"bench":"x"}}');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

async function messagesOf(text: string): Promise<string[]> {
  writeFileSync(join(root, 'docs/page.md'), text);
  return (await documentsHold.find(root)).map((violation) => violation.message);
}

describe('documents', () => {
  it('pass when their links and commands are there', async () => {
    expect(
      await messagesOf('[a](../package.json) [b](#part) [c](https://example.org) `npm run bench`'),
    ).toEqual([]);
  });

  it('fail on a link that leads nowhere', async () => {
    expect(await messagesOf('see [this](missing.md)')).toEqual(['links to missing.md, which is not there']);
  });

  it('fail on a picture that is not there', async () => {
    expect(await messagesOf('<source srcset="images/a.jpg">\n<img src="images/b.jpg">')).toEqual([
      'links to images/a.jpg, which is not there',
      'links to images/b.jpg, which is not there',
    ]);
  });

  it('fail on a command that does not exist', async () => {
    expect(await messagesOf('run `npm run nothing`')).toEqual([
      'names "npm run nothing", which package.json does not have',
    ]);
  });
});
