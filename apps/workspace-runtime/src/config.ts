// Config: the only reader of the environment; what the runtime needs to know before it starts, resolved once.

import { chooseEngine } from '@molecule/domain';
import { defineSettings, readSettings, Secret, setting } from '@molecule/kit';
import { PROVIDER_NAMES, PROVIDERS, type ProviderName } from './engines/model/providers.ts';
import type { ConfigFile } from './load-config-file.ts';

export interface ProviderSettings {
  apiKey: Secret | null;
  baseUrl: string | null;
}

export interface RuntimeConfig {
  workspaceId: string;
  orgId: string | null;
  /** The configuration that this process was started with; null when nobody numbered it. */
  generation: number | null;
  /** The workspace server, without a trailing slash. */
  platformUrl: string;
  /** Where config.yaml, prompts and scripts are. */
  configDir: string;
  /** Where `.auth_token` is kept. */
  tokenDir: string;
  /** The folder that the wire calls `/workspace`. */
  workspaceDir: string;
  host: string;
  /** 0 takes a free port. */
  port: number;
  /** The address told to the server; null when the listening address is the one. */
  advertisedUrl: string | null;
  parentId: string | null;
  /** A token for a workspace that keeps no token file. */
  token: Secret | null;
  logLevel: string;
  /** The name of the engine to run. */
  engine: string;
  modelOverride: string | null;
  providers: Readonly<Record<ProviderName, ProviderSettings>>;
  /** Names in `runtime_config.required_env` that are not set. */
  missingEnv: readonly string[];
  /** config.yaml's `delegation`, with the environment's overrides. */
  delegation: ConfigFile['delegation'];
  file: ConfigFile;
}

type Env = Readonly<Record<string, string | undefined>>;

export const environment: Env = process.env;

export const SETTINGS = defineSettings({
  workspaceId: setting.text('WORKSPACE_ID', {
    doc: 'The id of the workspace that this process fills.',
    example: '3f0c2a34-6f0b-4a51-9a0a-5f7b8f1c2d3e',
  }),
  configDir: setting.text('WORKSPACE_CONFIG_PATH', {
    optional: true,
    doc: 'The folder that holds config.yaml; CONFIGS_DIR, else /configs, when unset.',
    example: '/configs',
  }),
  tokenDir: setting.text('CONFIGS_DIR', {
    optional: true,
    doc: 'The folder that holds .auth_token; WORKSPACE_CONFIG_PATH, else /configs, when unset.',
    example: '/configs',
  }),
  workspaceDir: setting.text('WORKSPACE_DIR', {
    default: '/workspace',
    doc: 'The folder of the files that the agent works on, and that people attach to messages.',
    example: '/workspace',
  }),
  host: setting.text('HOST', { default: '127.0.0.1', doc: 'The address to listen on.', example: '0.0.0.0' }),
  port: setting.port('PORT', {
    optional: true,
    doc: 'The port to listen on; a2a.port when unset.',
    example: '8000',
  }),
  advertisedUrl: setting.text('AGENT_URL', {
    optional: true,
    doc: 'The address that others reach this agent at, when it is not the one it listens on.',
    example: 'http://agent.local:8000',
  }),
  generation: setting.int('MOLECULE_CONFIG_GENERATION', {
    optional: true,
    min: 1,
    max: 2_147_483_647,
    doc: 'The number of the configuration that this process was started with; told with every heartbeat.',
    example: '3',
  }),
  orgId: setting.text('MOLECULE_ORG_ID', { optional: true, doc: 'The organisation.', example: 'acme' }),
  parentId: setting.text('PARENT_ID', {
    optional: true,
    doc: 'The parent workspace.',
    example: '(a workspace id)',
  }),
  engine: setting.text('WORKSPACE_ENGINE', {
    optional: true,
    doc: "The engine that the server chose; config.yaml's runtime decides when unset.",
    example: 'rehearsal',
  }),
  model: setting.text('MODEL_PROVIDER', {
    optional: true,
    doc: "Overrides config.yaml's model.",
    example: 'anthropic:claude-opus-4-7',
  }),
  token: setting.secret('MOLECULE_WORKSPACE_TOKEN', {
    optional: true,
    doc: 'The workspace token, where no .auth_token file is kept.',
    example: '(a workspace token)',
  }),
  delegationAttempts: setting.int('DELEGATION_RETRY_ATTEMPTS', {
    optional: true,
    min: 1,
    max: 10,
    doc: "Overrides config.yaml's delegation.retry_attempts.",
    example: '3',
  }),
  delegationDelaySeconds: setting.int('DELEGATION_RETRY_DELAY', {
    optional: true,
    max: 60,
    doc: "Seconds; overrides config.yaml's delegation.retry_delay.",
    example: '5',
  }),
  delegationTimeoutSeconds: setting.int('DELEGATION_TIMEOUT', {
    optional: true,
    min: 1,
    max: 1_800,
    doc: "Seconds; overrides config.yaml's delegation.timeout.",
    example: '300',
  }),
  logLevel: setting.oneOf('LOG_LEVEL', ['debug', 'info', 'warn', 'error', 'silent'], {
    default: 'info',
    doc: 'How much is logged.',
    example: 'debug',
  }),
});

/** Pure. `file` is the parsed config.yaml; the environment wins over it. */
export function loadConfig(env: Env, file: ConfigFile): RuntimeConfig {
  // A workspace's secrets are variables too, so any value here may be one.
  const settings = readSettings(SETTINGS, env, { areValuesHidden: true });
  return Object.freeze({
    workspaceId: settings.workspaceId,
    orgId: settings.orgId ?? null,
    generation: settings.generation ?? null,
    platformUrl: readPlatformUrl(env),
    configDir: readConfigDir(env),
    tokenDir: settings.tokenDir ?? readConfigDir(env),
    workspaceDir: settings.workspaceDir,
    host: settings.host,
    port: settings.port ?? file.a2a.port,
    advertisedUrl: settings.advertisedUrl ?? null,
    parentId: settings.parentId ?? null,
    token: settings.token ?? null,
    logLevel: settings.logLevel,
    engine: settings.engine ?? chooseEngine(file.runtime).engine,
    modelOverride: settings.model ?? null,
    providers: readProviders(env),
    missingEnv: file.runtime_config.required_env.filter((name) => !env[name]),
    delegation: {
      ...file.delegation,
      retry_attempts: settings.delegationAttempts ?? file.delegation.retry_attempts,
      retry_delay: settings.delegationDelaySeconds ?? file.delegation.retry_delay,
      timeout: settings.delegationTimeoutSeconds ?? file.delegation.timeout,
    },
    file,
  });
}

/** Needed before config.yaml can be read. */
export function readConfigDir(env: Env): string {
  return env.WORKSPACE_CONFIG_PATH || env.CONFIGS_DIR || '/configs';
}

export function readPlatformUrl(env: Env): string {
  const url = env.MOLECULE_PLATFORM_URL || env.PLATFORM_URL || env.MOLECULE_URL || 'http://localhost:8080';
  return url.replace(/\/+$/, '');
}

function readProviders(env: Env): Readonly<Record<ProviderName, ProviderSettings>> {
  const entries = PROVIDER_NAMES.map((name) => {
    const facts = PROVIDERS[name];
    const key = firstOf(env, facts.keyNames);
    const baseUrl = firstOf(env, facts.baseUrlNames) ?? facts.defaultBaseUrl;
    return [
      name,
      { apiKey: key === null ? null : Secret.of(key), baseUrl: withVersion(baseUrl, facts.version) },
    ];
  });
  return Object.freeze(Object.fromEntries(entries));
}

function firstOf(env: Env, names: readonly string[]): string | null {
  for (const name of names) if (env[name]) return env[name];
  return null;
}

/** Tools disagree whether a base URL carries the API's version; both spellings are taken. */
function withVersion(url: string | null, version: string | null): string | null {
  if (url === null) return null;
  const trimmed = url.replace(/\/+$/, '');
  return version === null || /\/v\d+\w*$/.test(trimmed) ? trimmed : `${trimmed}/${version}`;
}
