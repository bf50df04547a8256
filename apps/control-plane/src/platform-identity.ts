// Platform identity: the secrets of this data folder, from the environment or generated once, and what tells this platform from
// another on the same ground.

import { randomBytes } from 'node:crypto';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { formatToken } from '@molecule/domain';
import { digestOf } from '@molecule/http';
import { Secret } from '@molecule/kit';
import type { Config } from './config.ts';

export interface PlatformIdentity {
  adminToken: Secret;
  provisionSecret: Secret;
  encryptionKey: Secret;
  /** The same over every start and every change of a secret, and no other platform's. */
  platformId: string;
}

export async function loadPlatformIdentity(
  config: Pick<Config, 'dataDir' | 'adminToken' | 'provisionSecret' | 'encryptionKey' | 'edgeKey'>,
): Promise<PlatformIdentity> {
  const kept = (file: string, make: () => string) => keepOrMake(join(config.dataDir, file), make);
  const random = () => randomBytes(32).toString('base64url');
  return {
    adminToken: config.adminToken ?? (await kept('cp-admin-token', () => formatToken(random(), 'admin'))),
    provisionSecret: config.provisionSecret ?? (await kept('provision-secret', random)),
    encryptionKey:
      config.encryptionKey ?? (await kept('encryption-key', () => randomBytes(32).toString('hex'))),
    // Of the edge's key, because platforms from before this file had no other.
    platformId: (await kept('platform-id', () => idOf(config.edgeKey))).reveal(),
  };
}

const idOf = (edgeKey: Secret) => digestOf(`platform:${edgeKey.reveal()}`).toString('hex').slice(0, 16);

async function keepOrMake(file: string, make: () => string): Promise<Secret> {
  const known = await readIfThere(file);
  if (known) return Secret.of(known);
  const made = make();
  await writeFile(file, `${made}\n`, { mode: 0o600 });
  await chmod(file, 0o600);
  return Secret.of(made);
}

async function readIfThere(file: string): Promise<string | null> {
  try {
    return (await readFile(file, 'utf8')).trim() || null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
