// Config: the settings of the control plane. The only reader of its environment.

import { resolve } from 'node:path';
import { defineSettings, readSettings, Secret, SettingsError, type SettingsOf, setting } from '@molecule/kit';
import type { StripeSettings } from './features/billing/index.ts';
import type { Ec2Settings } from './placement/ec2/ec2-settings.ts';

export const SETTINGS = defineSettings({
  port: setting.port('CONTROL_PLANE_PORT', {
    default: 8090,
    doc: 'Port of the control plane, behind the edge. `npm run platform` chooses a free one.',
  }),
  host: setting.text('CONTROL_PLANE_HOST', {
    default: '127.0.0.1',
    doc: 'Address that the control plane listens on.',
    example: '127.0.0.1',
  }),
  dataDir: setting.text('MOLECULE_DATA_DIR', {
    default: './.molecule-platform',
    doc: 'Folder for everything that is kept, tenants of the process driver included.',
  }),
  baseUrl: setting.url('CP_BASE_URL', {
    default: 'http://localhost:8080',
    doc: 'The address under which people and tenants reach the platform: that of the edge.',
    example: 'https://app.molecule.example',
  }),
  appDomain: setting.text('APP_DOMAIN', {
    default: 'localhost',
    doc: 'The domain under which tenants get their names.',
    example: 'molecule.example',
  }),
  databaseUrl: setting.secret('DATABASE_URL', {
    optional: true,
    doc: "The platform's Postgres 15 or newer; embedded when unset. Never a tenant's.",
    example: 'postgres://user:password@localhost:5432/platform',
  }),
  adminToken: setting.secret('CP_ADMIN_API_TOKEN', {
    optional: true,
    doc: 'Bearer of operators; generated into the data folder when unset.',
    example: 'a-long-random-text',
  }),
  provisionSecret: setting.secret('PROVISION_SHARED_SECRET', {
    optional: true,
    doc: 'Outer gate of /cp/workspaces; generated into the data folder when unset.',
    example: 'a-long-random-text',
  }),
  encryptionKey: setting.secret('SECRETS_ENCRYPTION_KEY', {
    optional: true,
    doc: 'Seals what the platform keeps of tenants: 32 bytes as hex or base64; generated into the data folder when unset.',
    example: '64 hexadecimal digits',
  }),
  edgeKey: setting.secret('EDGE_SIGNING_KEY', {
    doc: 'The secret that the control plane and the edge share. `npm run platform` makes one.',
    example: 'a-long-random-text',
  }),
  driver: setting.oneOf('PLACEMENT_DRIVER', ['process', 'docker', 'ec2', 'fake'], {
    default: 'process',
    doc: 'Where tenants run: as processes or containers of this machine, or as instances of their own at AWS; fake starts nothing and is for measurements.',
  }),
  ec2Subnet: setting.text('EC2_SUBNET_ID', {
    optional: true,
    doc: 'Subnet of the tenants of the ec2 driver, which edge and control plane reach. EC2_REGION, EC2_EDGE_GROUP_ID, EC2_INSTANCE_PROFILE and EC2_ENV are needed with it.',
    example: 'subnet-0123456789abcdef0',
  }),
  ec2Region: setting.text('EC2_REGION', {
    optional: true,
    doc: 'Region of that subnet.',
    example: 'eu-central-1',
  }),
  ec2EdgeGroup: setting.text('EC2_EDGE_GROUP_ID', {
    optional: true,
    doc: 'Security group of edge and control plane; nobody else reaches a tenant.',
    example: 'sg-0123456789abcdef0',
  }),
  ec2Profile: setting.text('EC2_INSTANCE_PROFILE', {
    optional: true,
    doc: 'Instance profile of tenants: it may read the one secret that names the instance, and nothing else.',
    example: 'molecule-tenant',
  }),
  ec2Env: setting.text('EC2_ENV', {
    optional: true,
    doc: 'Tells what belongs to the tenants of this platform from what belongs to those of another in the same account. Never change it.',
    example: 'production',
  }),
  ec2InstanceType: setting.text('EC2_INSTANCE_TYPE', {
    default: 'm7i-flex.large',
    doc: 'Type of the instances of tenants.',
  }),
  ec2DataGib: setting.int('EC2_DATA_GIB', {
    default: 30,
    min: 1,
    max: 16_384,
    doc: 'Size of a tenant’s volume.',
  }),
  ec2Endpoint: setting.text('EC2_ENDPOINT', {
    optional: true,
    doc: 'Where EC2 answers, instead of its own address: https, or http on loopback.',
    example: 'https://vpce-placeholder.ec2.eu-central-1.vpce.amazonaws.com',
  }),
  secretsManagerEndpoint: setting.text('SECRETS_MANAGER_ENDPOINT', {
    optional: true,
    doc: 'Where Secrets Manager answers, instead of its own address: https, or http on loopback.',
    example: 'https://vpce-placeholder.secretsmanager.eu-central-1.vpce.amazonaws.com',
  }),
  dockerSocket: setting.text('TENANT_DOCKER_SOCKET', {
    default: '/var/run/docker.sock',
    doc: 'Where the engine of the docker driver listens.',
  }),
  tenantMemoryMib: setting.int('TENANT_MEMORY_MIB', {
    default: 4096,
    min: 512,
    max: 1_048_576,
    doc: 'Memory of a tenant of the docker driver, its agents included.',
  }),
  tenantCpus: setting.int('TENANT_CPUS', {
    default: 2,
    min: 1,
    max: 256,
    doc: 'Processors of a tenant of the docker driver.',
  }),
  tenantProcesses: setting.int('TENANT_MAX_PROCESSES', {
    default: 2048,
    min: 64,
    max: 1_000_000,
    doc: 'Processes and threads of a tenant of the docker driver.',
  }),
  olderEncryptionKey: setting.secret('SECRETS_ENCRYPTION_KEY_OLD', {
    optional: true,
    doc: 'Opens what was sealed before the key was changed, until POST /cp/admin/envelope/rotate was called.',
    example: '64 hexadecimal digits',
  }),
  kmsKeyArn: setting.text('KMS_KEY_ARN', {
    optional: true,
    doc: 'A key of AWS KMS: what the platform keeps of tenants is sealed under data keys of that service. When unset, under SECRETS_ENCRYPTION_KEY.',
    example: 'arn:aws:kms:eu-central-1:111122223333:key/00000000-0000-0000-0000-000000000000',
  }),
  kmsEndpoint: setting.text('KMS_ENDPOINT', {
    optional: true,
    doc: 'Where the key service answers, instead of its own address: https, or http on loopback.',
    example: 'https://vpce-placeholder.kms.eu-central-1.vpce.amazonaws.com',
  }),
  sealsWith: setting.oneOf('SECRETS_SEALED_WITH', ['kms', 'static'], {
    default: 'kms',
    doc: 'Where KMS_KEY_ARN is set: what seals new values. `static` is the way back; both open.',
  }),
  stripeWebhookSecret: setting.secret('STRIPE_WEBHOOK_SECRET', {
    optional: true,
    doc: 'Checks what the payment provider tells; without it there is no such route.',
    example: 'whsec_placeholder',
  }),
  stripeKey: setting.secret('STRIPE_SECRET_KEY', {
    optional: true,
    doc: 'Plans are paid for at Stripe; needs STRIPE_WEBHOOK_SECRET and both prices. When unset, a chosen plan holds at once.',
    example: 'sk_placeholder',
  }),
  stripePriceStarter: setting.text('STRIPE_PRICE_STARTER', {
    optional: true,
    doc: 'Id of the recurring price of the plan `starter` at Stripe.',
    example: 'price_placeholder',
  }),
  stripePricePro: setting.text('STRIPE_PRICE_PRO', {
    optional: true,
    doc: 'Id of the recurring price of the plan `pro` at Stripe.',
    example: 'price_placeholder',
  }),
  stripeUrl: setting.url('STRIPE_API_URL', {
    optional: true,
    doc: "Another address than Stripe's own, for tests.",
    example: 'http://localhost:12111',
  }),
  releasesDir: setting.text('TENANT_RELEASES_DIR', {
    optional: true,
    doc: 'Folder of built releases, one for each name of an image; `local` is this checkout.',
    example: './releases',
  }),
  isWeakIsolationAccepted: setting.flag('PROCESS_ALLOW_WEAK_ISOLATION', {
    default: false,
    doc: 'Accept that tenants of the process driver run as one user and could reach each other’s files.',
  }),
  isSignUpOpen: setting.flag('SIGN_UP_OPEN', {
    default: true,
    doc: 'Anybody may make an account; otherwise only addresses on the allow-list.',
  }),
  oidcProviders: setting.list('OIDC_PROVIDERS', {
    optional: true,
    doc: 'Short names of identity providers. Each needs OIDC_<NAME>_ISSUER, OIDC_<NAME>_CLIENT_ID and OIDC_<NAME>_CLIENT_SECRET or OIDC_<NAME>_CLIENT_SECRET_FILE; OIDC_<NAME>_TITLE is for its button.',
    example: 'company',
  }),
  logLevel: setting.oneOf('LOG_LEVEL', ['info', 'debug', 'warn', 'error', 'silent'], {
    default: 'info',
    doc: 'How much the control plane logs.',
  }),
});

/** A key service that seals what the platform keeps of tenants. */
export interface KmsSettings {
  keyArn: string;
  endpoint: string | null;
  sealsWith: 'kms' | 'static';
}

/** One identity provider; its secret stands in the environment or in a file. */
export interface OidcProvider {
  id: string;
  title: string;
  issuer: string;
  clientId: string;
  clientSecret: Secret | { file: string };
}

export interface Config {
  port: number;
  host: string;
  dataDir: string;
  baseUrl: string;
  appDomain: string;
  databaseUrl: Secret | null;
  adminToken: Secret | null;
  provisionSecret: Secret | null;
  encryptionKey: Secret | null;
  olderEncryptionKey: Secret | null;
  stripeWebhookSecret: Secret | null;
  /** Null: nobody takes money. */
  stripe: StripeSettings | null;
  releasesDir: string | null;
  edgeKey: Secret;
  driver: 'process' | 'docker' | 'ec2' | 'fake';
  /** Of the ec2 driver; null for any other. */
  ec2: Ec2Settings | null;
  dockerSocket: string;
  tenantMemoryMib: number;
  tenantCpus: number;
  tenantProcesses: number;
  isWeakIsolationAccepted: boolean;
  isSignUpOpen: boolean;
  oidcProviders: readonly OidcProvider[];
  kms: KmsSettings | null;
  logLevel: string;
  /** What a tenant's own process inherits of this environment: where programs are, and nothing that is secret. */
  programPath: string;
}

/** The settings of this process. */
export function readConfig(): Readonly<Config> {
  return loadConfig(process.env);
}

export function loadConfig(env: Readonly<Record<string, string | undefined>>): Readonly<Config> {
  const read = readSettings(SETTINGS, env);
  return Object.freeze({
    ...read,
    dataDir: resolve(read.dataDir),
    appDomain: read.appDomain.toLowerCase(),
    databaseUrl: read.databaseUrl ?? null,
    adminToken: read.adminToken ?? null,
    provisionSecret: read.provisionSecret ?? null,
    encryptionKey: read.encryptionKey ?? null,
    olderEncryptionKey: read.olderEncryptionKey ?? null,
    stripeWebhookSecret: read.stripeWebhookSecret ?? null,
    stripe: stripeOf(read),
    kms: kmsOf(read),
    ec2: ec2Of(read),
    oidcProviders: oidcProvidersOf(read.oidcProviders ?? [], env),
    releasesDir: read.releasesDir ? resolve(read.releasesDir) : null,
    programPath: env.PATH ?? '/usr/local/bin:/usr/bin:/bin',
  });
}

const KMS_ARN = /^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:(key|alias)\/[A-Za-z0-9/_-]+$/;
const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

function oidcProvidersOf(
  ids: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): OidcProvider[] {
  const problems: string[] = [];
  const found: OidcProvider[] = [];
  for (const [at, id] of ids.entries()) {
    if (!/^[a-z][a-z0-9_]{0,31}$/.test(id) || ids.indexOf(id) !== at) {
      problems.push(
        `OIDC_PROVIDERS has "${id}": names differ, begin with a letter and are lower-case letters, digits and _`,
      );
      continue;
    }
    const name = (end: string) => `OIDC_${id.toUpperCase()}_${end}`;
    const of = (end: string) => env[name(end)]?.trim() || undefined;
    const [issuer, clientId, secret] = [of('ISSUER'), of('CLIENT_ID'), of('CLIENT_SECRET')];
    const file = of('CLIENT_SECRET_FILE');
    if (!issuer || !isTrustedUrl(issuer))
      problems.push(`${name('ISSUER')} must be an address with https; http is for loopback alone`);
    if (!clientId) problems.push(`${name('CLIENT_ID')} is not set`);
    if ((secret === undefined) === (file === undefined))
      problems.push(`one of ${name('CLIENT_SECRET')} and ${name('CLIENT_SECRET_FILE')} must be set`);
    const clientSecret = secret ? Secret.of(secret) : { file: resolve(file ?? '') };
    found.push({
      id,
      title: of('TITLE') ?? id,
      issuer: issuer ?? '',
      clientId: clientId ?? '',
      clientSecret,
    });
  }
  if (problems.length > 0) throw new SettingsError(problems);
  return found;
}

function isTrustedUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, search, hash, username, password } = new URL(text);
  const isBare = `${search}${hash}${username}${password}` === '';
  return isBare && (protocol === 'https:' || (protocol === 'http:' && LOOPBACK.has(hostname)));
}

function kmsOf(read: SettingsOf<typeof SETTINGS>): KmsSettings | null {
  const { kmsKeyArn, kmsEndpoint, sealsWith } = read;
  if (!kmsKeyArn) return null;
  if (!KMS_ARN.test(kmsKeyArn))
    throw new SettingsError(['KMS_KEY_ARN must look like arn:aws:kms:<region>:<account>:key/<id>']);
  if (kmsEndpoint && !isTrustedUrl(kmsEndpoint))
    throw new SettingsError(['KMS_ENDPOINT must be an https address, or http on loopback']);
  return { keyArn: kmsKeyArn, endpoint: kmsEndpoint ?? null, sealsWith };
}

const EC2_FORMS = {
  EC2_REGION: /^[a-z]{2}(-[a-z]+)+-\d$/,
  EC2_SUBNET_ID: /^subnet-[0-9a-f]{8,17}$/,
  EC2_EDGE_GROUP_ID: /^sg-[0-9a-f]{8,17}$/,
  EC2_INSTANCE_PROFILE: /^[\w+=,.@-]{1,128}$/,
  EC2_ENV: /^[a-z0-9][a-z0-9-]{0,31}$/,
} as const;

function ec2Of(read: SettingsOf<typeof SETTINGS>): Ec2Settings | null {
  if (read.driver !== 'ec2') return null;
  const found = {
    EC2_REGION: read.ec2Region ?? '',
    EC2_SUBNET_ID: read.ec2Subnet ?? '',
    EC2_EDGE_GROUP_ID: read.ec2EdgeGroup ?? '',
    EC2_INSTANCE_PROFILE: read.ec2Profile ?? '',
    EC2_ENV: read.ec2Env ?? '',
  };
  const problems = Object.entries(EC2_FORMS)
    .filter(([name, form]) => !form.test(found[name as keyof typeof found]))
    .map(([name]) => `${name} must be set for PLACEMENT_DRIVER=ec2, and look as in .env.example`);
  const endpoints = { EC2_ENDPOINT: read.ec2Endpoint, SECRETS_MANAGER_ENDPOINT: read.secretsManagerEndpoint };
  for (const [name, url] of Object.entries(endpoints))
    if (url && !isTrustedUrl(url)) problems.push(`${name} must be an https address, or http on loopback`);
  if (isOnLoopback(read.baseUrl))
    problems.push('CP_BASE_URL must be an address that instances reach; it is on loopback');
  if (problems.length > 0) throw new SettingsError(problems);
  return {
    region: found.EC2_REGION,
    subnetId: found.EC2_SUBNET_ID,
    edgeGroupId: found.EC2_EDGE_GROUP_ID,
    instanceProfile: found.EC2_INSTANCE_PROFILE,
    env: found.EC2_ENV,
    instanceType: read.ec2InstanceType,
    dataGib: read.ec2DataGib,
    endpoint: read.ec2Endpoint ?? null,
    secretsEndpoint: read.secretsManagerEndpoint ?? null,
  };
}

function isOnLoopback(url: string): boolean {
  const { hostname } = new URL(url);
  return LOOPBACK.has(hostname) || hostname.startsWith('127.') || hostname.endsWith('.localhost');
}

/** All of them or none. */
function stripeOf(read: SettingsOf<typeof SETTINGS>): StripeSettings | null {
  const { stripeKey, stripePriceStarter: starter, stripePricePro: pro, stripeWebhookSecret } = read;
  if (!stripeKey) return null;
  const needed = {
    STRIPE_WEBHOOK_SECRET: stripeWebhookSecret,
    STRIPE_PRICE_STARTER: starter,
    STRIPE_PRICE_PRO: pro,
  };
  const missing = Object.entries(needed).filter(([, value]) => !value);
  if (missing.length > 0 || !starter || !pro)
    throw new SettingsError(missing.map(([name]) => `STRIPE_SECRET_KEY needs ${name} too`));
  return { secretKey: stripeKey, prices: { starter, pro }, apiUrl: read.stripeUrl ?? null };
}
