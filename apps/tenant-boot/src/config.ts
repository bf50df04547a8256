// Config: the settings of the boot program, which a machine image sets. The only reader of its environment.

import { defineSettings, readSettings, setting } from '@molecule/kit';

export const SETTINGS = defineSettings({
  program: setting.text('TENANT_PROGRAM', {
    default: '/opt/molecule/apps/workspace-server/dist/main.js',
    doc: 'What a tenant runs, by the Node that runs this.',
  }),
  user: setting.int('TENANT_UID', {
    default: 1000,
    min: 1,
    max: 65_533,
    doc: 'User and group of the tenant.',
  }),
  mountAt: setting.text('TENANT_MOUNT', {
    default: '/data',
    doc: 'Where the volume of the tenant is mounted.',
  }),
  limitSeconds: setting.int('TENANT_BOOT_LIMIT', {
    default: 300,
    min: 1,
    max: 3_600,
    doc: 'Seconds after which a machine that got no bundle or no volume gives up.',
  }),
  metadataUrl: setting.url('AWS_EC2_METADATA_SERVICE_ENDPOINT', {
    default: 'http://169.254.169.254',
    doc: 'Where the machine asks who it is.',
  }),
});

export interface Config {
  program: string;
  user: number;
  mountAt: string;
  limitMs: number;
  metadataUrl: string;
  programPath: string;
}

/** The settings of this process. */
export function readConfig(): Readonly<Config> {
  return loadConfig(process.env);
}

export function loadConfig(env: Readonly<Record<string, string | undefined>>): Readonly<Config> {
  const { limitSeconds, ...read } = readSettings(SETTINGS, env);
  return Object.freeze({
    ...read,
    limitMs: limitSeconds * 1_000,
    programPath: env.PATH ?? '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  });
}
