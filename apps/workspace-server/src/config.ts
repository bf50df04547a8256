// Config: the settings of the workspace-server. The only reader of its environment.

import { resolve } from 'node:path';
import {
  defineSettings,
  parseSealingKey,
  readSettings,
  type Secret,
  SettingsError,
  type SettingsOf,
  setting,
} from '@molecule/kit';
import { CLOUD_SETTINGS, type CloudConfig, cloudConfig } from './cloud-settings.ts';
import { CONTAINER_SETTINGS, type ContainerConfig, containerConfig } from './container-settings.ts';

export const SETTINGS = defineSettings({
  port: setting.port('PORT', { default: 8080, doc: 'Port of the tenant server.' }),
  host: setting.text('HOST', { default: '127.0.0.1', doc: 'Address to listen on.', example: '127.0.0.1' }),
  dataDir: setting.text('MOLECULE_DATA_DIR', {
    default: './.molecule',
    doc: 'Folder for everything that is kept.',
  }),
  isEmpty: setting.flag('MOLECULE_EMPTY', {
    default: false,
    doc: 'Start a new tenant without the demo organisation.',
  }),
  environment: setting.text('MOLECULE_ENV', {
    default: '',
    doc: 'development opens the server to callers without a credential, on loopback only; production insists on ADMIN_TOKEN.',
    example: 'development',
  }),
  adminToken: setting.secret('ADMIN_TOKEN', {
    optional: true,
    doc: 'Bearer of the administrator; generated into the data folder when unset.',
    example: 'a-long-random-text',
  }),
  databaseUrl: setting.secret('DATABASE_URL', {
    optional: true,
    doc: 'Postgres 15 or newer; embedded when unset.',
    example: 'postgres://user:password@localhost:5432/molecule',
  }),
  redisUrl: setting.secret('REDIS_URL', {
    optional: true,
    doc: 'Redis or Valkey for short-lived state; in-process when unset.',
    example: 'redis://localhost:6379',
  }),
  backend: setting.oneOf('WORKSPACE_BACKEND', ['process', 'docker', 'cloud', 'none'], {
    default: 'process',
    doc: 'Where agents run unless their workspace says otherwise.',
  }),
  furtherBackends: setting.list('WORKSPACE_BACKENDS', {
    default: [],
    doc: 'Where else single workspaces may run.',
    example: 'docker',
  }),
  agentsMax: setting.int('AGENTS_MAX', {
    default: 1_000,
    min: 1,
    max: 20_000,
    doc: 'How many agents may run on this machine at once; more wait.',
  }),
  agentsBooting: setting.int('AGENTS_BOOTING', {
    default: 8,
    min: 1,
    max: 1_000,
    doc: 'How many agents may come up at once.',
  }),
  agentsMemoryReserveMib: setting.int('AGENTS_MEMORY_RESERVE_MB', {
    default: 512,
    min: 0,
    max: 1_048_576,
    doc: 'Memory that agents leave free on this machine, in MiB; without room an agent waits.',
  }),
  ...CONTAINER_SETTINGS,
  ...CLOUD_SETTINGS,
  orgId: setting.text('MOLECULE_ORG_ID', {
    optional: true,
    doc: 'Set on hosted tenants only.',
    example: 'uuid',
  }),
  orgSlug: setting.text('MOLECULE_ORG_SLUG', {
    optional: true,
    doc: 'Set on hosted tenants only: the short name of the organisation, by which the platform is asked for its members.',
    example: 'acme',
  }),
  upstreamUrl: setting.url('CP_UPSTREAM_URL', {
    optional: true,
    doc: 'Where what begins with /cp is handed on to; MOLECULE_CP_URL when unset. Without both there is nothing below /cp.',
    example: 'https://platform.example',
  }),
  canvasUrl: setting.url('CANVAS_PROXY_URL', {
    optional: true,
    doc: 'A canvas that is served elsewhere: pages come from there, without any credential, instead of the built-in one.',
    example: 'http://localhost:3000',
  }),
  edgeKey: setting.secret('MOLECULE_EDGE_KEY', {
    optional: true,
    doc: 'Set on hosted tenants only: by it a request through the edge is known.',
    example: 'a-long-random-text',
  }),
  corsOrigins: setting.list('CORS_ORIGINS', {
    default: ['http://localhost:3000', 'http://localhost:3001'],
    doc: 'Origins of other sites that may call this server from a browser.',
    example: 'https://canvas.example',
  }),
  secretsKey: setting.secret('SECRETS_ENCRYPTION_KEY', {
    optional: true,
    doc: 'Key that secrets are sealed with: 64 hex characters, base64 of 32 bytes, or 32 characters; generated into the data folder when unset, except in production.',
    example: '(openssl rand -base64 32)',
  }),
  previousSecretsKey: setting.secret('SECRETS_ENCRYPTION_KEY_PREVIOUS', {
    optional: true,
    doc: 'The key before SECRETS_ENCRYPTION_KEY, until the server has sealed everything again.',
    example: '(the old key)',
  }),
  externalUrl: setting.url('EXTERNAL_PLATFORM_URL', {
    optional: true,
    doc: 'The address under which people and external agents reach this server.',
    example: 'https://molecule.example',
  }),
  deployMode: setting.text('MOLECULE_DEPLOY_MODE', {
    default: '',
    doc: 'saas allows agents on private addresses; anything else does not.',
    example: 'self-hosted',
  }),
  areTestTokensForced: setting.flag('MOLECULE_ENABLE_TEST_TOKENS', {
    default: false,
    doc: 'Hand out workspace tokens to test suites.',
  }),
  a2aIdleSeconds: setting.int('A2A_IDLE_TIMEOUT_SECONDS', {
    default: 300,
    min: 1,
    max: 86_400,
    doc: 'How long an agent may be silent during a message.',
  }),
  externalStaleSeconds: setting.int('REMOTE_LIVENESS_STALE_AFTER', {
    default: 90,
    min: 1,
    max: 86_400,
    doc: 'How long an external agent may be silent before it counts as gone.',
  }),
  startLimitSeconds: setting.int('PROVISION_TIMEOUT_SECONDS', {
    optional: true,
    min: 1,
    max: 86_400,
    doc: 'How long any agent may take to come up; when unset 10 minutes, 30 for hermes, or what its templates ask for.',
    example: '600',
  }),
  activityRetentionDays: setting.int('ACTIVITY_RETENTION_DAYS', {
    default: 7,
    min: 1,
    max: 3_650,
    doc: 'How long activity is kept.',
  }),
  rateLimit: setting.text('RATE_LIMIT', {
    default: '600',
    doc: 'Requests a minute for each caller; anything but a positive whole number means 600.',
  }),
  rateLimitCallers: setting.int('RATE_LIMIT_CALLERS', {
    default: 50_000,
    min: 100,
    max: 10_000_000,
    doc: 'How many callers are counted at a time; beyond that the one that began first is forgotten.',
  }),
  socketPingSeconds: setting.int('SOCKET_PING_SECONDS', {
    default: 30,
    min: 1,
    max: 300,
    doc: 'How often a WebSocket of events is pinged; one that leaves two pings unanswered is closed.',
  }),
  githubWebhookSecret: setting.secret('GITHUB_WEBHOOK_SECRET', {
    optional: true,
    doc: 'Secret that GitHub signs its deliveries with; without it they are refused.',
    example: 'a-long-random-text',
  }),
  memoryUrl: setting.url('MEMORY_PLUGIN_URL', {
    optional: true,
    doc: 'A memory plugin that runs elsewhere; the server starts its own when unset.',
    example: 'http://localhost:9100',
  }),
  memoryToken: setting.secret('MEMORY_PLUGIN_TOKEN', {
    optional: true,
    doc: 'Bearer for the memory plugin; needed when it is not on this machine.',
    example: '64-hexadecimal-digits',
  }),
  memoryDatabaseUrl: setting.secret('MEMORY_PLUGIN_DATABASE_URL', {
    optional: true,
    doc: "Database of the server's own memory plugin; the tenant's, in a schema of its own, when unset.",
    example: 'postgres://user:password@localhost:5432/memories',
  }),
  memoryTimeout: setting.text('MEMORY_PLUGIN_TIMEOUT', {
    default: '2s',
    doc: 'How long one call to the memory plugin may take, such as 2s or 500ms.',
  }),
  embeddingDimensions: setting.int('MEMORY_PLUGIN_EMBEDDING_DIMENSIONS', {
    optional: true,
    min: 1,
    max: 4096,
    doc: "How many numbers a vector of the server's own memory plugin has; words alone when unset.",
    example: '768',
  }),
  embeddingUrl: setting.url('MEMORY_PLUGIN_EMBEDDING_URL', {
    optional: true,
    doc: 'Base of a service with POST /embeddings that makes vectors of memories.',
    example: 'http://localhost:11434/v1',
  }),
  embeddingModel: setting.text('MEMORY_PLUGIN_EMBEDDING_MODEL', {
    optional: true,
    doc: 'The model that the service is asked for.',
    example: 'nomic-embed-text',
  }),
  embeddingKey: setting.secret('MEMORY_PLUGIN_EMBEDDING_KEY', {
    optional: true,
    doc: 'Bearer for the service.',
    example: 'sk-…',
  }),
  isMemoryOff: setting.flag('MEMORY_PLUGIN_DISABLE', {
    default: false,
    doc: 'Start no memory plugin.',
  }),
  memoryMode: setting.oneOf('MEMORY_MODE', ['plugin', 'off', 'shadow', 'dual'], {
    default: 'plugin',
    doc: 'Whether there is memory: plugin or off. An older table is brought in before a tenant starts to use it (npm run memory:backfill), so shadow and dual are refused.',
  }),
  isMemoryRequired: setting.flag('MEMORY_REQUIRED', {
    default: false,
    doc: 'Do not start without a memory plugin that answers.',
  }),
  backupDays: setting.int('BACKUP_DAYS', {
    default: 30,
    min: 0,
    max: 36_500,
    doc: 'How many days backups of this tenant are kept; receipts of forgetting say until when they may hold it.',
  }),
  memoryWritesPerMinute: setting.int('MEMORY_WRITES_PER_MINUTE', {
    default: 600,
    min: 1,
    max: 1_000_000,
    doc: 'How many memories a workspace may write in a minute.',
  }),
  logLevel: setting.oneOf('LOG_LEVEL', ['info', 'debug', 'warn', 'error', 'silent'], {
    default: 'info',
    doc: 'How much the server logs.',
  }),
  templatesDir: setting.text('MOLECULE_TEMPLATES_DIR', {
    optional: true,
    doc: 'Folder with workspace and organisation templates.',
    example: './templates',
  }),
});

/** What an agent takes soon after its start, rounded up. */
const AGENT_MIB = 128;

/** Provider settings that agents of the `model` engine inherit. Everything else of the environment stays here. */
export const PROVIDER_SETTINGS = [
  'ANTHROPIC_API_KEY',
  'ANTHROPIC_BASE_URL',
  'OPENAI_API_KEY',
  'OPENAI_BASE_URL',
  'GOOGLE_API_KEY',
  'GEMINI_API_KEY',
  'GOOGLE_GENERATIVE_AI_API_KEY',
  'GOOGLE_BASE_URL',
  'OPENROUTER_API_KEY',
  'GROQ_API_KEY',
  'CEREBRAS_API_KEY',
  'OLLAMA_BASE_URL',
  'MODEL_PROVIDER',
] as const;

export interface EmbeddingConfig {
  dimensions: number | null;
  url: string | null;
  model: string | null;
  key: Secret | null;
}

export interface MemoryConfig {
  /** Handed to the server's own plugin, which checks it. */
  embedding: EmbeddingConfig;
  /** Null: the server starts its own plugin, or, when `isOff`, has none. */
  url: string | null;
  isOff: boolean;
  token: Secret | null;
  databaseUrl: Secret | null;
  timeoutMs: number;
  isRequired: boolean;
  backupDays: number;
  writesPerMinute: number;
}

export interface Config {
  port: number;
  host: string;
  dataDir: string;
  isEmpty: boolean;
  mode: 'normal' | 'development' | 'production';
  adminToken: Secret | null;
  databaseUrl: Secret | null;
  redisUrl: Secret | null;
  githubWebhookSecret: Secret | null;
  backend: 'process' | 'docker' | 'cloud' | 'none';
  furtherBackends: readonly ('process' | 'docker' | 'cloud')[];
  /** Null: no workspace runs on the cloud backend. */
  cloud: CloudConfig | null;
  containers: ContainerConfig;
  /** What agents of this machine may take of it; see features/workspaces/admission.ts. */
  room: { maxAgents: number; maxComing: number; reserveMib: number; agentMib: number };
  hostedOrgId: string | null;
  edgeKey: Secret | null;
  /** Without a trailing slash. */
  platformUrl: string | null;
  orgSlug: string | null;
  /** Origins, without a path. */
  upstreamUrl: string | null;
  canvasUrl: string | null;
  secretsKey: Secret | null;
  previousSecretsKey: Secret | null;
  corsOrigins: readonly string[];
  externalUrl: string | null;
  isPrivateNetworkAllowed: boolean;
  areTestTokensOn: boolean;
  a2aIdleMs: number;
  externalStaleMs: number;
  activityRetentionMs: number;
  /** Null: by engine and template. */
  startLimitMs: number | null;
  rateLimitPerMinute: number;
  rateLimitCallers: number;
  socketPingMs: number;
  memory: MemoryConfig;
  logLevel: string;
  templatesDir: string | null;
  providerEnv: Readonly<Record<string, string>>;
  isLoopback: boolean;
}

/** The settings of this process; `refresh` may bring some of them up to date before they are read. */
export async function readConfig(
  refresh: (env: NodeJS.ProcessEnv) => Promise<Readonly<Record<string, string | undefined>>>,
): Promise<Readonly<Config>> {
  return loadConfig(await refresh(process.env));
}

const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost']);

export function loadConfig(env: Readonly<Record<string, string | undefined>>): Readonly<Config> {
  const read = readSettings(SETTINGS, env);
  const environment = read.environment.trim().toLowerCase();
  const isDevelopment = ['development', 'dev'].includes(environment) && !read.adminToken;
  const isProduction = ['production', 'prod'].includes(environment);
  const isLoopback = isOnThisMachine(read.host);
  refuseUnsafe({
    isLoopback,
    isDevelopment,
    isProduction,
    hasAdminToken: read.adminToken !== undefined,
    host: read.host,
  });
  refuseBadKeys(read, isProduction);
  return Object.freeze({
    port: read.port,
    host: read.host,
    dataDir: resolve(read.dataDir),
    isEmpty: read.isEmpty,
    mode: isProduction ? 'production' : isDevelopment ? 'development' : 'normal',
    adminToken: read.adminToken ?? null,
    databaseUrl: read.databaseUrl ?? null,
    redisUrl: read.redisUrl ?? null,
    githubWebhookSecret: read.githubWebhookSecret ?? null,
    backend: read.backend,
    furtherBackends: checkBackends(read.furtherBackends),
    cloud: [read.backend, ...read.furtherBackends].includes('cloud') ? cloudConfig(read) : null,
    containers: containerConfig(read),
    room: {
      maxAgents: read.agentsMax,
      maxComing: read.agentsBooting,
      reserveMib: read.agentsMemoryReserveMib,
      agentMib: AGENT_MIB,
    },
    hostedOrgId: read.orgId?.trim() || null,
    edgeKey: read.edgeKey ?? null,
    platformUrl: read.controlPlaneUrl?.replace(/\/+$/, '') ?? null,
    orgSlug: read.orgSlug?.trim() || null,
    upstreamUrl: originOf(read.upstreamUrl ?? read.controlPlaneUrl),
    canvasUrl: originOf(read.canvasUrl),
    secretsKey: read.secretsKey ?? null,
    previousSecretsKey: read.previousSecretsKey ?? null,
    corsOrigins: read.corsOrigins,
    externalUrl: read.externalUrl ?? null,
    isPrivateNetworkAllowed:
      read.deployMode === '' ? Boolean(read.orgId?.trim()) : read.deployMode.trim().toLowerCase() === 'saas',
    areTestTokensOn: read.areTestTokensForced || (!isProduction && !read.orgId?.trim()),
    a2aIdleMs: read.a2aIdleSeconds * 1000,
    externalStaleMs: read.externalStaleSeconds * 1000,
    startLimitMs: read.startLimitSeconds === undefined ? null : read.startLimitSeconds * 1000,
    activityRetentionMs: read.activityRetentionDays * 86_400_000,
    rateLimitPerMinute: /^[1-9]\d{0,8}$/.test(read.rateLimit.trim()) ? Number(read.rateLimit) : 600,
    rateLimitCallers: read.rateLimitCallers,
    socketPingMs: read.socketPingSeconds * 1000,
    memory: Object.freeze(readMemoryConfig(read)),
    logLevel: read.logLevel,
    templatesDir: read.templatesDir ? resolve(read.templatesDir) : null,
    providerEnv: Object.freeze(pickProviderEnv(env)),
    isLoopback,
  });
}

function readMemoryConfig(read: SettingsOf<typeof SETTINGS>): MemoryConfig {
  const timeout = /^(\d{1,6})(ms|s)?$/.exec(read.memoryTimeout.trim());
  const timeoutMs = Number(timeout?.[1]) * (timeout?.[2] === 'ms' ? 1 : 1_000);
  const problems: string[] = [];
  if (!(timeoutMs >= 10 && timeoutMs <= 60_000))
    problems.push('MEMORY_PLUGIN_TIMEOUT must be from 10ms to 60s. Example: MEMORY_PLUGIN_TIMEOUT=2s');
  if (read.memoryUrl && !read.memoryToken && !isOnThisMachine(new URL(read.memoryUrl).hostname))
    problems.push('MEMORY_PLUGIN_URL is on another machine; set MEMORY_PLUGIN_TOKEN, there and here');
  if (read.embeddingUrl && (!read.embeddingModel || read.embeddingDimensions === undefined))
    problems.push(
      'MEMORY_PLUGIN_EMBEDDING_URL needs MEMORY_PLUGIN_EMBEDDING_MODEL and MEMORY_PLUGIN_EMBEDDING_DIMENSIONS. Example: MEMORY_PLUGIN_EMBEDDING_MODEL=nomic-embed-text MEMORY_PLUGIN_EMBEDDING_DIMENSIONS=768',
    );
  if (read.memoryMode === 'shadow' || read.memoryMode === 'dual')
    problems.push(
      `MEMORY_MODE=${read.memoryMode} is not offered: bring the older rows in with npm run memory:backfill, then use MEMORY_MODE=plugin`,
    );
  if (problems.length > 0) throw new SettingsError(problems);
  return {
    embedding: {
      dimensions: read.embeddingDimensions ?? null,
      url: read.embeddingUrl ?? null,
      model: read.embeddingModel ?? null,
      key: read.embeddingKey ?? null,
    },
    url: read.memoryUrl ?? null,
    isOff: read.memoryMode === 'off' || (read.isMemoryOff && !read.memoryUrl),
    token: read.memoryToken ?? null,
    databaseUrl: read.memoryDatabaseUrl ?? null,
    timeoutMs,
    isRequired: read.isMemoryRequired,
    writesPerMinute: read.memoryWritesPerMinute,
    backupDays: read.backupDays,
  };
}

function originOf(url: string | undefined): string | null {
  return url ? new URL(url).origin : null;
}

function isOnThisMachine(host: string): boolean {
  return LOOPBACK.has(host) || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host);
}

function checkBackends(names: readonly string[]): ('process' | 'docker' | 'cloud')[] {
  return names.map((name) => {
    if (name === 'process' || name === 'docker' || name === 'cloud') return name;
    throw new SettingsError([`WORKSPACE_BACKENDS names ${name}; it may name process, docker and cloud`]);
  });
}

function refuseUnsafe(facts: {
  isLoopback: boolean;
  isDevelopment: boolean;
  isProduction: boolean;
  hasAdminToken: boolean;
  host: string;
}): void {
  if (!facts.isLoopback && facts.isDevelopment) {
    throw new SettingsError([
      `MOLECULE_ENV=development opens the server to everybody, so it cannot listen on ${facts.host}; set HOST=127.0.0.1 or set ADMIN_TOKEN`,
    ]);
  }
  if (!facts.isLoopback && !facts.hasAdminToken) {
    throw new SettingsError([
      `HOST=${facts.host} is reachable from other machines; set ADMIN_TOKEN to a long random text, or HOST=127.0.0.1`,
    ]);
  }
  if (facts.isProduction && !facts.hasAdminToken) {
    throw new SettingsError(['MOLECULE_ENV=production needs ADMIN_TOKEN; set it to a long random text']);
  }
}

function refuseBadKeys(
  keys: { secretsKey: Secret | undefined; previousSecretsKey: Secret | undefined },
  isProduction: boolean,
): void {
  const problems = [
    ['SECRETS_ENCRYPTION_KEY', keys.secretsKey] as const,
    ['SECRETS_ENCRYPTION_KEY_PREVIOUS', keys.previousSecretsKey] as const,
  ].flatMap(([name, key]) => {
    try {
      if (key) parseSealingKey(key.reveal());
      return [];
    } catch (error) {
      return [`${name} ${(error as Error).message}`];
    }
  });
  if (!keys.secretsKey && keys.previousSecretsKey) {
    problems.push('SECRETS_ENCRYPTION_KEY_PREVIOUS is set, but SECRETS_ENCRYPTION_KEY is not');
  }
  if (!keys.secretsKey && isProduction) {
    problems.push(
      'MOLECULE_ENV=production needs SECRETS_ENCRYPTION_KEY; make one with: openssl rand -base64 32',
    );
  }
  if (problems.length > 0) throw new SettingsError(problems);
}

function pickProviderEnv(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const picked: Record<string, string> = {};
  for (const name of PROVIDER_SETTINGS) {
    const value = env[name];
    if (value) picked[name] = value;
  }
  return picked;
}
