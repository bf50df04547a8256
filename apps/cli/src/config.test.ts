// Where the platform is and who asks.

import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readAccess } from './config.ts';

let folder: string;
const write = (name: string, text: string, mode = 0o600) => {
  const file = join(folder, name);
  writeFileSync(file, text);
  chmodSync(file, mode);
  return file;
};
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'molecule-cli-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('access', () => {
  it('is asked for, before it is looked for in the environment, before the folder of the platform', () => {
    write('cp-admin-token', 'of-the-folder\n');
    const env = { MOLECULE_DATA_DIR: folder };
    expect(readAccess({}, env).token.reveal()).toBe('of-the-folder');
    const both = { ...env, CP_ADMIN_API_TOKEN: 'of-the-environment' };
    expect(readAccess({}, both).token.reveal()).toBe('of-the-environment');
    const tokenFile = write('mine', 'asked-for');
    expect(readAccess({ tokenFile }, both).token.reveal()).toBe('asked-for');
  });

  it('leads to this machine unless another address is said', () => {
    const env = { CP_ADMIN_API_TOKEN: 't' };
    expect(readAccess({}, env).address).toBe('http://localhost:8080');
    expect(readAccess({ url: 'https://molecule.example/' }, env).address).toBe('https://molecule.example');
    expect(() => readAccess({ url: 'molecule.example' }, env)).toThrow('must be a URL');
  });

  it('is refused without a token, and from a file that others may read, is empty or is not there', () => {
    const env = { MOLECULE_DATA_DIR: folder };
    expect(() => readAccess({}, env)).toThrow('there is no token');
    expect(() => readAccess({ tokenFile: write('open', 't', 0o644) }, env)).toThrow('chmod 600');
    expect(() => readAccess({ tokenFile: write('empty', ' ') }, env)).toThrow('is empty');
    expect(() => readAccess({ tokenFile: join(folder, 'none') }, env)).toThrow('is not there');
  });

  it('never shows its token', () => {
    expect(JSON.stringify(readAccess({}, { CP_ADMIN_API_TOKEN: 'hidden-token' }))).not.toContain('hidden');
  });
});
