// Environment names: what a workspace may not set, and what it may.

import { describe, expect, it } from 'vitest';
import { isEnvironmentName, isReservedVariable, isWithheldVariable } from './environment-names.ts';

describe('environment names', () => {
  it.each([
    'ADMIN_TOKEN',
    'SECRETS_ENCRYPTION_KEY',
    'LD_PRELOAD',
    'NODE_OPTIONS',
    'PATH',
    'WORKSPACE_ID',
    'admin_token',
  ])('reserve %s', (name) => expect(isReservedVariable(name)).toBe(true));

  it.each([
    'OPENAI_API_KEY',
    'GITHUB_TOKEN',
    'MODEL_PROVIDER',
    'GIT_AUTHOR_NAME',
    'WORKSPACE_RESET_SESSION',
    'NODE_ENV',
  ])('leave %s to the workspace', (name) => expect(isReservedVariable(name)).toBe(false));

  it('withhold loaders and credentials, but not what the platform itself sets', () => {
    expect(['LD_PRELOAD', 'ADMIN_TOKEN', 'MOLECULE_UNIT'].every(isWithheldVariable)).toBe(true);
    expect(['TIER', 'WORKSPACE_ENGINE', 'OPENAI_API_KEY'].some(isWithheldVariable)).toBe(false);
  });

  it.each([
    ['A_1', true],
    ['_x', true],
    ['1A', false],
    ['my-key', false],
    ['a b', false],
    ['', false],
  ])('%j is a variable name: %s', (name, is) => expect(isEnvironmentName(name)).toBe(is));
});
