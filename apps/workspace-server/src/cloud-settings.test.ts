// Cloud settings: the backend is wired whole or refused with everything that is missing.

import { describe, expect, it } from 'vitest';
import { loadConfig } from './config.ts';

const WHOLE = {
  WORKSPACE_BACKEND: 'cloud',
  MOLECULE_CP_URL: 'https://platform.example/',
  MOLECULE_CP_SHARED_SECRET: 'of-all-tenants',
  ADMIN_TOKEN: 'of-this-tenant-and-long-enough',
  MOLECULE_ORG_ID: '6f1f6e0a-0000-4000-8000-000000000001',
  EXTERNAL_PLATFORM_URL: 'https://tenant.example',
};

describe('the settings of the cloud backend', () => {
  it('are read when everything is there, as the default or beside another backend', () => {
    const { cloud, backend } = loadConfig(WHOLE);
    expect([backend, cloud?.controlPlaneUrl, cloud?.ownUrl]).toEqual([
      'cloud',
      'https://platform.example',
      'https://tenant.example',
    ]);
    const beside = loadConfig({ ...WHOLE, WORKSPACE_BACKEND: 'process', WORKSPACE_BACKENDS: 'cloud' });
    expect(beside.cloud?.orgId).toBe(WHOLE.MOLECULE_ORG_ID);
  });

  it('are not needed where no workspace runs there', () => {
    expect(loadConfig({}).cloud).toBeNull();
  });

  it.each([
    'MOLECULE_CP_URL',
    'MOLECULE_CP_SHARED_SECRET',
    'ADMIN_TOKEN',
    'MOLECULE_ORG_ID',
    'EXTERNAL_PLATFORM_URL',
  ])('are refused without %s, by its name', (name) => {
    expect(() => loadConfig({ ...WHOLE, [name]: undefined })).toThrow(name);
  });
});
