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

describe('instances of their own', () => {
  const place = {
    EDGE_SIGNING_KEY: 'key',
    PLACEMENT_DRIVER: 'ec2',
    CP_BASE_URL: 'https://molecule.example',
    EC2_REGION: 'eu-central-1',
    EC2_SUBNET_ID: 'subnet-0123456789abcdef0',
    EC2_EDGE_GROUP_ID: 'sg-0123456789abcdef0',
    EC2_INSTANCE_PROFILE: 'molecule-tenant',
    EC2_ENV: 'production',
  };

  it('are placed where the settings say', () => {
    expect(loadConfig({ EDGE_SIGNING_KEY: 'key' }).ec2).toBeNull();
    expect(loadConfig(place).ec2).toMatchObject({
      region: 'eu-central-1',
      env: 'production',
      dataGib: 30,
      endpoint: null,
    });
  });

  it.each([
    ['no region', { EC2_REGION: '' }, 'EC2_REGION'],
    ['no subnet', { EC2_SUBNET_ID: '' }, 'EC2_SUBNET_ID'],
    ['a subnet that is none', { EC2_SUBNET_ID: 'vpc-0123456789abcdef0' }, 'EC2_SUBNET_ID'],
    ['nobody to let in', { EC2_EDGE_GROUP_ID: '' }, 'EC2_EDGE_GROUP_ID'],
    ['no profile', { EC2_INSTANCE_PROFILE: '' }, 'EC2_INSTANCE_PROFILE'],
    ['no name of this platform', { EC2_ENV: '' }, 'EC2_ENV'],
    ['http elsewhere', { EC2_ENDPOINT: 'http://ec2.example' }, 'EC2_ENDPOINT'],
    ['an address that no instance reaches', { CP_BASE_URL: 'http://localhost:8080' }, 'CP_BASE_URL'],
    ['a name that no instance reaches', { CP_BASE_URL: 'http://cp.localhost:8080' }, 'CP_BASE_URL'],
  ])('are refused with %s', (_what, change, name) => {
    expect(() => loadConfig({ ...place, ...change })).toThrow(name);
  });
});
