// Config: the settings of the memory plugin. The only reader of its environment.

import { defineSettings, readSettings, type Secret, SettingsError, setting } from '@molecule/kit';

export const SETTINGS = defineSettings({
  listen: setting.text('MEMORY_PLUGIN_LISTEN_ADDR', {
    default: '127.0.0.1:9100',
    doc: 'Address and port, or unix:/path/of/a/socket; port 0 takes a free one.',
    example: '127.0.0.1:9100',
  }),
  databaseUrl: setting.secret('MEMORY_PLUGIN_DATABASE_URL', {
    optional: true,
    doc: 'Postgres 15 or newer, where the plugin keeps its tables in a schema of their own; unset: an embedded one in its data folder.',
    example: 'postgres://user:password@localhost:5432/molecule',
  }),
  dataDir: setting.text('MEMORY_PLUGIN_DATA_DIR', {
    default: './.molecule-memory',
    doc: 'Where the embedded Postgres keeps its files, when no database is named.',
    example: '/var/lib/molecule-memory',
  }),
  token: setting.secret('MEMORY_PLUGIN_TOKEN', {
    optional: true,
    doc: 'Bearer that callers must show; needed to listen beyond this machine.',
    example: '64-hexadecimal-digits',
  }),
  isTenantChild: setting.flag('MEMORY_PLUGIN_IS_CHILD', {
    default: false,
    doc: 'Set by a tenant that starts the plugin: the plugin tells its address and ends with the tenant.',
  }),
  dimensions: setting.int('MEMORY_PLUGIN_EMBEDDING_DIMENSIONS', {
    optional: true,
    min: 1,
    max: 4096,
    doc: 'How many numbers a vector has; without it the plugin searches by words alone.',
    example: '768',
  }),
  embedderUrl: setting.url('MEMORY_PLUGIN_EMBEDDING_URL', {
    optional: true,
    doc: 'Base of a service with POST /embeddings that makes the vectors; without it callers bring them.',
    example: 'http://localhost:11434/v1',
  }),
  embedderModel: setting.text('MEMORY_PLUGIN_EMBEDDING_MODEL', {
    optional: true,
    doc: 'The model that the service is asked for; another one means that all vectors are made anew.',
    example: 'nomic-embed-text',
  }),
  embedderKey: setting.secret('MEMORY_PLUGIN_EMBEDDING_KEY', {
    optional: true,
    doc: 'Bearer for the service.',
    example: 'sk-…',
  }),
  logLevel: setting.oneOf('LOG_LEVEL', ['info', 'debug', 'warn', 'error', 'silent'], {
    default: 'info',
    doc: 'How much the plugin logs.',
  }),
});

export type ListenAddress = { path: string } | { host: string; port: number };

export interface VectorConfig {
  dimensions: number;
  embedder: { url: string; model: string; key: Secret | null } | null;
}

export interface Config {
  listen: ListenAddress;
  /** Null: an embedded Postgres in `dataDir`. */
  databaseUrl: Secret | null;
  dataDir: string;
  token: Secret | null;
  isTenantChild: boolean;
  /** Null: words alone. */
  vectors: VectorConfig | null;
  logLevel: string;
}

/** The settings of this process. */
export function readConfig(): Readonly<Config> {
  return loadConfig(process.env);
}

export function loadConfig(env: Readonly<Record<string, string | undefined>>): Readonly<Config> {
  const read = readSettings(SETTINGS, env);
  const listen = parseListenAddress(read.listen);
  if (!isPrivate(listen) && !read.token) {
    throw new SettingsError([
      `MEMORY_PLUGIN_LISTEN_ADDR=${read.listen} is reachable from other machines; set MEMORY_PLUGIN_TOKEN to a long random text, or listen on 127.0.0.1`,
    ]);
  }
  return Object.freeze({
    listen,
    databaseUrl: read.databaseUrl ?? null,
    dataDir: read.dataDir,
    token: read.token ?? null,
    isTenantChild: read.isTenantChild,
    vectors: readVectors(read),
    logLevel: read.logLevel,
  });
}

function readVectors(read: {
  dimensions?: number | undefined;
  embedderUrl?: string | undefined;
  embedderModel?: string | undefined;
  embedderKey?: Secret | undefined;
}): VectorConfig | null {
  const { dimensions, embedderUrl: url, embedderModel: model, embedderKey: key } = read;
  if (!url) return dimensions === undefined ? null : { dimensions, embedder: null };
  if (dimensions === undefined || !model) {
    throw new SettingsError([
      'MEMORY_PLUGIN_EMBEDDING_URL needs MEMORY_PLUGIN_EMBEDDING_MODEL and MEMORY_PLUGIN_EMBEDDING_DIMENSIONS. Example: MEMORY_PLUGIN_EMBEDDING_MODEL=nomic-embed-text MEMORY_PLUGIN_EMBEDDING_DIMENSIONS=768',
    ]);
  }
  return { dimensions, embedder: { url, model, key: key ?? null } };
}

/** `:9100` means every address of the machine. */
function parseListenAddress(text: string): ListenAddress {
  if (text.startsWith('unix:/')) return { path: text.slice('unix:'.length) };
  const match = /^(?:\[([0-9a-f:.]+)\]|([^:\s]*)):(\d{1,5})$/i.exec(text);
  const port = Number(match?.[3]);
  if (!match || port > 65_535) {
    throw new SettingsError([
      `MEMORY_PLUGIN_LISTEN_ADDR must be an address and a port (it is "${text}"). Example: MEMORY_PLUGIN_LISTEN_ADDR=127.0.0.1:9100`,
    ]);
  }
  return { host: match[1] ?? (match[2] || '0.0.0.0'), port };
}

function isPrivate(listen: ListenAddress): boolean {
  if ('path' in listen) return true;
  return listen.host === 'localhost' || listen.host === '::1' || /^127(\.\d{1,3}){3}$/.test(listen.host);
}
