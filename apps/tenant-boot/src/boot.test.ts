// Tests of what a machine takes for instructions, a bundle and an empty volume, and of its settings.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { loadConfig } from './config.ts';
import { parseBundle } from './fetch-bundle.ts';
import { deviceOf, isBlank, mountVolume } from './mount-volume.ts';
import { parseInstructions } from './read-instructions.ts';

const INSTRUCTIONS = {
  version: 1,
  region: 'eu-central-1',
  bundle: 'arn:aws:secretsmanager:eu-central-1:111122223333:secret:molecule/test/x-AbCdEf',
  volume: 'vol-0123456789abcdef0',
  environment: { PORT: '8080', MOLECULE_ORG_ID: 'x' },
};

describe('instructions', () => {
  it('are taken as they are', () => {
    expect(parseInstructions(JSON.stringify(INSTRUCTIONS))).toEqual(INSTRUCTIONS);
  });

  it.each([
    ['a script', '#!/bin/sh\nrm -rf /', 'not JSON'],
    ['another version', JSON.stringify({ ...INSTRUCTIONS, version: 2 }), 'version'],
    ['more than they may hold', JSON.stringify({ ...INSTRUCTIONS, run: 'x' }), 'the whole'],
    ['a volume that is a path', JSON.stringify({ ...INSTRUCTIONS, volume: 'vol-../../sda' }), 'volume'],
    ['a bundle that is no secret', JSON.stringify({ ...INSTRUCTIONS, bundle: 'https://x' }), 'bundle'],
    ...['NODE_OPTIONS', 'LD_PRELOAD', 'PATH', 'HOME', 'port', 'AWS_ACCESS_KEY_ID'].map(
      (name): [string, string, string] => [
        `the name ${name}`,
        JSON.stringify({ ...INSTRUCTIONS, environment: { [name]: 'x' } }),
        'environment',
      ],
    ),
  ])('are refused: %s', (_what, text, words) => {
    expect(() => parseInstructions(text)).toThrow(words);
  });
});

describe('a bundle', () => {
  it('is taken as it is', () => {
    expect(parseBundle('{"ADMIN_TOKEN":"t"}')).toEqual({ ADMIN_TOKEN: 't' });
  });

  it.each([
    '{"ADMIN_TOKEN":"very-secret"',
    '{"NODE_OPTIONS":"very-secret"}',
    '{"ADMIN_TOKEN":{"a":"very-secret"}}',
  ])('is refused without a word of it', (text) => {
    let told = '';
    try {
      parseBundle(text);
    } catch (error) {
      told = `${error}${(error as Error).stack}${(error as Error).cause}`;
    }
    expect(told).toContain('the bundle of this tenant');
    expect(told).not.toContain('very-secret');
  });
});

describe('a volume', () => {
  const folder = mkdtempSync(join(tmpdir(), 'molecule-volume-'));
  afterEach(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));

  it('has its device by its id', () => {
    expect(deviceOf('vol-0123456789abcdef0')).toBe(
      '/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_vol0123456789abcdef0',
    );
  });

  it('is waited for, is blank when it is all zero at its beginning, and never when it holds a byte', async () => {
    expect(await mountVolume(join(folder, 'none'), folder, 1000)).toBe(false);
    const disk = join(mkdtempSync(join(tmpdir(), 'molecule-volume-')), 'disk');
    writeFileSync(disk, Buffer.alloc(2_000_000));
    expect(await isBlank(disk)).toBe(true);
    const late = Buffer.alloc(2_000_000);
    late[1_000_000] = 1;
    writeFileSync(disk, late);
    expect(await isBlank(disk)).toBe(false);
    writeFileSync(disk, '');
    await expect(isBlank(disk)).rejects.toThrow('no size');
    rmSync(disk);
  });
});

describe('the settings of a machine', () => {
  it('have what a machine image needs not set', () => {
    expect(loadConfig({})).toMatchObject({ user: 1000, mountAt: '/data', limitMs: 300_000 });
    expect(() => loadConfig({ TENANT_UID: '0' })).toThrow('TENANT_UID');
  });
});
