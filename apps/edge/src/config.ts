// Config: the settings of the edge. The only reader of its environment.

import { resolve } from 'node:path';
import { defineSettings, readSettings, type Secret, SettingsError, setting } from '@molecule/kit';

export const SETTINGS = defineSettings({
  port: setting.port('PORT', { default: 8080, doc: 'The one port of the platform.' }),
  host: setting.text('HOST', { default: '127.0.0.1', doc: 'Address to listen on.', example: '0.0.0.0' }),
  controlPlaneUrl: setting.url('CONTROL_PLANE_URL', {
    default: 'http://127.0.0.1:8090',
    doc: 'Where the control plane listens.',
  }),
  appDomain: setting.text('APP_DOMAIN', {
    default: 'localhost',
    doc: 'The domain under which tenants get their names.',
    example: 'molecule.example',
  }),
  scheme: setting.oneOf('EDGE_SCHEME', ['http', 'https'], {
    default: 'http',
    doc: 'What people type; https when something in front of the edge ends TLS. With EDGE_TLS_DIR it is https.',
  }),
  tlsDir: setting.text('EDGE_TLS_DIR', {
    optional: true,
    doc: 'Folder of certificates, `<any>.crt` with `<any>.key`; the edge then ends TLS on PORT. Read again when it changes.',
    example: '/etc/molecule/certificates',
  }),
  httpPort: setting.port('EDGE_HTTP_PORT', {
    optional: true,
    doc: 'With EDGE_TLS_DIR: a port without TLS, whose every answer leads to https on PORT. None when unset.',
    example: '80',
  }),
  edgeKey: setting.secret('EDGE_SIGNING_KEY', {
    doc: 'The secret that the control plane and the edge share. `npm run platform` makes one.',
    example: 'a-long-random-text',
  }),
  dataDir: setting.text('MOLECULE_DATA_DIR', {
    default: './.molecule-platform',
    doc: 'Folder for what the edge remembers of tenants, so that it serves them while the control plane is away.',
  }),
  logLevel: setting.oneOf('LOG_LEVEL', ['info', 'debug', 'warn', 'error', 'silent'], {
    default: 'info',
    doc: 'How much the edge logs.',
  }),
});

export interface Config {
  port: number;
  host: string;
  controlPlaneUrl: string;
  appDomain: string;
  scheme: 'http' | 'https';
  /** Null: the edge ends no TLS. */
  tlsDir: string | null;
  httpPort: number | null;
  edgeKey: Secret;
  dataDir: string;
  logLevel: string;
}

/** The settings of this process. */
export function readConfig(): Readonly<Config> {
  return loadConfig(process.env);
}

export function loadConfig(env: Readonly<Record<string, string | undefined>>): Readonly<Config> {
  const read = readSettings(SETTINGS, env);
  if (read.httpPort !== undefined && !read.tlsDir) {
    throw new SettingsError(['EDGE_HTTP_PORT leads to https, which needs EDGE_TLS_DIR']);
  }
  return Object.freeze({
    ...read,
    scheme: read.tlsDir ? 'https' : read.scheme,
    tlsDir: read.tlsDir ? resolve(read.tlsDir) : null,
    httpPort: read.httpPort ?? null,
    appDomain: read.appDomain.toLowerCase(),
    dataDir: resolve(read.dataDir),
  });
}
