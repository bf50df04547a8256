// Config: the settings of the edge. The only reader of its environment.

import { join, resolve } from 'node:path';
import {
  defineSettings,
  readSettings,
  type Secret,
  SettingsError,
  type SettingsOf,
  setting,
} from '@molecule/kit';

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
    doc: 'What people type; https when something in front of the edge ends TLS. With EDGE_TLS_DIR or EDGE_ACME_DIRECTORY it is https.',
  }),
  tlsDir: setting.text('EDGE_TLS_DIR', {
    optional: true,
    doc: 'Folder of certificates, `<any>.crt` with `<any>.key`; the edge then ends TLS on PORT. Read again when it changes.',
    example: '/etc/molecule/certificates',
  }),
  httpPort: setting.port('EDGE_HTTP_PORT', {
    optional: true,
    doc: 'Where the edge ends TLS: a port without it, which leads to https on PORT and answers the challenges of ACME. None when unset.',
    example: '80',
  }),
  acmeDirectory: setting.url('EDGE_ACME_DIRECTORY', {
    optional: true,
    doc: 'Directory of an ACME authority, from which the edge orders certificates; needs EDGE_HTTP_PORT, which is to be reached as port 80.',
    example: 'https://acme-v02.api.letsencrypt.org/directory',
  }),
  acmeEmail: setting.text('EDGE_ACME_EMAIL', {
    optional: true,
    doc: 'Where the ACME authority writes to.',
    example: 'operations@molecule.example',
  }),
  areAcmeTermsAccepted: setting.flag('EDGE_ACME_TERMS_ACCEPTED', {
    default: false,
    doc: 'Accept the terms of the ACME authority; nothing is ordered without.',
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
  /** Null: the edge orders no certificates. */
  acme: { directoryUrl: string; email: string; folder: string } | null;
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
  const acme = acmeOf(read);
  if (read.httpPort !== undefined && !read.tlsDir && !acme) {
    throw new SettingsError([
      'EDGE_HTTP_PORT leads to https, which needs EDGE_TLS_DIR or EDGE_ACME_DIRECTORY',
    ]);
  }
  return Object.freeze({
    ...read,
    scheme: read.tlsDir || acme ? 'https' : read.scheme,
    tlsDir: read.tlsDir ? resolve(read.tlsDir) : null,
    httpPort: read.httpPort ?? null,
    acme,
    appDomain: read.appDomain.toLowerCase(),
    dataDir: resolve(read.dataDir),
  });
}

/** All of it or none. */
function acmeOf(read: SettingsOf<typeof SETTINGS>): Config['acme'] {
  const { acmeDirectory, acmeEmail, areAcmeTermsAccepted, httpPort, tlsDir } = read;
  if (!acmeDirectory) return null;
  const problems = [
    acmeEmail ? '' : 'EDGE_ACME_DIRECTORY needs EDGE_ACME_EMAIL too',
    areAcmeTermsAccepted ? '' : 'EDGE_ACME_DIRECTORY needs EDGE_ACME_TERMS_ACCEPTED=1: read its terms first',
    httpPort === undefined ? 'EDGE_ACME_DIRECTORY needs EDGE_HTTP_PORT, where the authority looks' : '',
    tlsDir ? 'EDGE_TLS_DIR and EDGE_ACME_DIRECTORY exclude each other' : '',
  ].filter((problem) => problem !== '');
  if (problems.length > 0 || !acmeEmail) throw new SettingsError(problems);
  return {
    directoryUrl: acmeDirectory,
    email: acmeEmail,
    folder: join(resolve(read.dataDir), 'edge-certificates'),
  };
}
