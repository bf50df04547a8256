// Tests of the platform identity: made once, kept for its owner alone, and the same whatever secret changes later.

import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Secret } from '@molecule/kit';
import { afterAll, describe, expect, it } from 'vitest';
import { loadPlatformIdentity } from './platform-identity.ts';

const dataDir = mkdtempSync(join(tmpdir(), 'molecule-identity-'));
afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

const load = (edgeKey: string, adminToken: Secret | null = null) =>
  loadPlatformIdentity({
    dataDir,
    adminToken,
    provisionSecret: null,
    encryptionKey: null,
    edgeKey: Secret.of(edgeKey),
  });

describe('the identity of a platform', () => {
  it('is made once, and only its owner reads it', async () => {
    const first = await load('one');
    const again = await load('one');
    expect(again.encryptionKey.reveal()).toBe(first.encryptionKey.reveal());
    expect(again.adminToken.reveal()).toBe(first.adminToken.reveal());
    expect(first.encryptionKey.reveal()).toMatch(/^[0-9a-f]{64}$/);
    expect(statSync(join(dataDir, 'encryption-key')).mode & 0o777).toBe(0o600);
  });

  it('finds its tenants again after the secret of the edge was changed', async () => {
    const { platformId } = await load('one');
    expect(platformId).toMatch(/^[0-9a-f]{16}$/);
    expect((await load('another')).platformId).toBe(platformId);
  });

  it('is what the environment says, where it says something', async () => {
    expect((await load('one', Secret.of('told'))).adminToken.reveal()).toBe('told');
  });
});
