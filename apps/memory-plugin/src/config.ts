// Config: the settings of the memory plugin. The only reader of its environment.

import { defineSettings, readSettings, type Secret, SettingsError, setting } from '@molecule/kit';

export const SETTINGS = defineSettings({
  listen: setting.text('MEMORY_PLUGIN_LISTEN_ADDR', {
    default: '127.0.0.1:9100',
    doc: 'Address and port, or unix:/path/of/a/socket; port 0 takes a free one.',
    example: '127.0.0.1:9100',
  }),
  databaseUrl: setting.secret('MEMORY_PLUGIN_DATABASE_URL', {
    doc: 'Postgres 15 or newer; the plugin keeps its tables in a schema of their own there.',
    example: 'postgres://user:password@localhost:5432/molecule',
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
  logLevel: setting.oneOf('LOG_LEVEL', ['info', 'debug', 'warn', 'error', 'silent'], {
    default: 'info',
    doc: 'How much the plugin logs.',
  }),
});

export type ListenAddress = { path: string } | { host: string; port: number };

export interface Config {
  listen: ListenAddress;
  databaseUrl: Secret;
  token: Secret | null;
  isTenantChild: boolean;
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
    databaseUrl: read.databaseUrl as Secret,
    token: read.token ?? null,
    isTenantChild: read.isTenantChild,
    logLevel: read.logLevel,
  });
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
