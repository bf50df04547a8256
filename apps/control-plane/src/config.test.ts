// Tests of the settings for identity providers and for a key service: what is half there or misspelled is a sentence.

import { SettingsError } from '@molecule/kit';
import { describe, expect, it } from 'vitest';
import { loadConfig } from './config.ts';

const base = { EDGE_SIGNING_KEY: 'key', OIDC_PROVIDERS: 'company' };
const whole = {
  ...base,
  OIDC_COMPANY_ISSUER: 'https://login.company.example/realm/',
  OIDC_COMPANY_CLIENT_ID: 'molecule',
  OIDC_COMPANY_CLIENT_SECRET: 'the-secret',
};

function problemsOf(env: Record<string, string | undefined>): readonly string[] {
  try {
    loadConfig(env);
    return [];
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
}

describe('identity providers in the settings', () => {
  it('are none when none is named', () => {
    expect(loadConfig({ EDGE_SIGNING_KEY: 'key' }).oidcProviders).toEqual([]);
  });

  it('are read whole, with the issuer as it is spelled', () => {
    const [provider] = loadConfig(whole).oidcProviders;
    expect(provider).toMatchObject({
      id: 'company',
      title: 'company',
      issuer: 'https://login.company.example/realm/',
    });
    expect(JSON.stringify(provider)).not.toContain('the-secret');
  });

  it('say everything that is missing at once', () => {
    expect(problemsOf(base)).toHaveLength(3);
  });

  it.each([
    ['http elsewhere', { ...whole, OIDC_COMPANY_ISSUER: 'http://login.company.example' }],
    ['a secret and a file', { ...whole, OIDC_COMPANY_CLIENT_SECRET_FILE: '/file' }],
    ['a name twice', { ...whole, OIDC_PROVIDERS: 'company,company' }],
    ['a name that is no part of a setting', { ...whole, OIDC_PROVIDERS: 'company,No/Name' }],
  ])('refuse %s', (_, env) => {
    expect(problemsOf(env)).toHaveLength(1);
  });

  it('take http on loopback', () => {
    expect(problemsOf({ ...whole, OIDC_COMPANY_ISSUER: 'http://127.0.0.1:9000' })).toEqual([]);
  });
});

describe('a key service in the settings', () => {
  const arn = 'arn:aws:kms:eu-central-1:111122223333:key/00000000-0000-0000-0000-000000000000';
  const withKms = { EDGE_SIGNING_KEY: 'key', KMS_KEY_ARN: arn };

  it('is none when none is named, and seals when one is', () => {
    expect(loadConfig({ EDGE_SIGNING_KEY: 'key' }).kms).toBeNull();
    expect(loadConfig(withKms).kms).toEqual({ keyArn: arn, endpoint: null, sealsWith: 'kms' });
    const back = { ...withKms, SECRETS_SEALED_WITH: 'static', KMS_ENDPOINT: 'http://127.0.0.1:4566' };
    expect(loadConfig(back).kms).toEqual({
      keyArn: arn,
      endpoint: 'http://127.0.0.1:4566',
      sealsWith: 'static',
    });
  });

  it.each([
    ['no ARN', { KMS_KEY_ARN: 'alias/molecule' }],
    ['an ARN of something else', { KMS_KEY_ARN: 'arn:aws:s3:::bucket' }],
    ['http elsewhere', { KMS_ENDPOINT: 'http://kms.example' }],
    ['another way to seal', { SECRETS_SEALED_WITH: 'rot13' }],
  ])('refuse %s', (_, env) => {
    expect(problemsOf({ ...withKms, ...env })).toHaveLength(1);
  });
});
