// Tenant identity: the org id and the generated secrets of this data folder, and how far its first start has come.
//
//   I1. A folder's first start lasts until it is finished, over as many starts of the server as that takes: its note is
//       there before the org id is.
//   I2. Every file is there whole or not at all.

import { randomBytes, randomUUID } from 'node:crypto';
import { chmod, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { formatToken } from '@molecule/domain';
import { Secret } from '@molecule/kit';
import type { Config } from './config.ts';

export interface TenantIdentity {
  orgId: string;
  /** Null in development mode only. */
  adminToken: Secret | null;
  /** Null once the first start of this data folder is finished. */
  firstStart: FirstStart | null;
}

/** `waiting` until the demo organisation is begun. */
export type FirstStart = 'waiting' | 'begun';

export async function loadTenantIdentity(
  config: Pick<Config, 'dataDir' | 'mode' | 'adminToken' | 'hostedOrgId'>,
): Promise<TenantIdentity> {
  const orgFile = join(config.dataDir, 'org-id');
  const kept = await readIfThere(orgFile);
  const orgId = config.hostedOrgId ?? kept ?? randomUUID();
  if (kept === null) {
    await noteFirstStart(config, 'waiting');
    await writePrivately(orgFile, orgId);
  }
  const note = await readIfThere(noteFile(config));
  const firstStart = note === 'waiting' || note === 'begun' ? note : null;
  return { orgId, adminToken: await adminToken(config), firstStart };
}

/** I1. */
export async function noteFirstStart(
  config: Pick<Config, 'dataDir'>,
  to: FirstStart | 'finished',
): Promise<void> {
  if (to === 'finished') await rm(noteFile(config), { force: true });
  else await writePrivately(noteFile(config), to);
}

function noteFile({ dataDir }: Pick<Config, 'dataDir'>): string {
  return join(dataDir, 'first-start');
}

/** From the environment, else generated once. Development mode has none, and ignores one generated earlier. */
async function adminToken(config: Pick<Config, 'dataDir' | 'mode' | 'adminToken'>): Promise<Secret | null> {
  if (config.adminToken) return config.adminToken;
  if (config.mode === 'development') return null;
  const file = join(config.dataDir, 'admin-token');
  const kept = await readIfThere(file);
  if (kept) return Secret.of(kept);
  const made = formatToken(randomBytes(32).toString('base64url'), 'admin');
  await writePrivately(file, made);
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

/** I2. */
async function writePrivately(file: string, text: string): Promise<void> {
  const half = `${file}.half`;
  await writeFile(half, `${text}\n`, { mode: 0o600 });
  await chmod(half, 0o600);
  await rename(half, file);
}
