// Config: where the platform is and who asks. The only reader of the environment. The token comes from the environment or
// from a file, never from an argument, which every user of the machine could read.

import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { defineSettings, readSettings, Secret, SettingsError, setting } from '@molecule/kit';

export const SETTINGS = defineSettings({
  address: setting.url('MOLECULE_PLATFORM_ADDRESS', {
    default: 'http://localhost:8080',
    doc: 'Where `molecule` finds the platform.',
  }),
  token: setting.secret('CP_ADMIN_API_TOKEN', {
    optional: true,
    doc: 'What `molecule` shows: the operator’s token, or a partner key.',
  }),
  dataDir: setting.text('MOLECULE_DATA_DIR', {
    default: './.molecule-platform',
    doc: 'On the machine of the platform, the operator’s token is read from here.',
  }),
});

export interface Access {
  address: string;
  token: Secret;
}

interface Asked {
  url?: string;
  tokenFile?: string;
}

export const environment = (): Readonly<Record<string, string | undefined>> => process.env;

/** Throws a SettingsError that says what to do. */
export function readAccess(asked: Asked, env: Readonly<Record<string, string | undefined>>): Access {
  const settings = readSettings(SETTINGS, {
    ...env,
    ...(asked.url === undefined ? {} : { MOLECULE_PLATFORM_ADDRESS: asked.url }),
  });
  if (asked.tokenFile !== undefined) {
    return { address: settings.address, token: readToken(asked.tokenFile) };
  }
  if (settings.token) return { address: settings.address, token: settings.token };
  const file = join(settings.dataDir, 'cp-admin-token');
  if (statSync(file, { throwIfNoEntry: false }) === undefined) {
    throw new SettingsError([
      `there is no token: set CP_ADMIN_API_TOKEN, name a file with --token-file, or run this where ${file} is`,
    ]);
  }
  return { address: settings.address, token: readToken(file) };
}

function readToken(file: string): Secret {
  const stat = statSync(file, { throwIfNoEntry: false });
  if (!stat?.isFile()) throw new SettingsError([`${file} is not there`]);
  if ((stat.mode & 0o077) !== 0) {
    throw new SettingsError([`other users may read ${file}: make it yours with chmod 600`]);
  }
  const text = readFileSync(file, 'utf8').trim();
  if (text === '') throw new SettingsError([`${file} is empty`]);
  return Secret.of(text);
}
