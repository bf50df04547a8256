// Tenant identity: the org id and the generated secrets of this data folder.

import { randomBytes, randomUUID } from 'node:crypto';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { formatToken } from '@molecule/domain';
import { Secret } from '@molecule/kit';
import type { Config } from './config.ts';

export interface TenantIdentity {
  orgId: string;
  /** Null in development mode only. */
  adminToken: Secret | null;
  /** True when this data folder was never started before. */
  isNew: boolean;
}

export async function loadTenantIdentity(
  config: Pick<Config, 'dataDir' | 'mode' | 'adminToken' | 'hostedOrgId'>,
): Promise<TenantIdentity> {
  const orgFile = join(config.dataDir, 'org-id');
  const kept = await readIfThere(orgFile);
  const orgId = config.hostedOrgId ?? kept ?? randomUUID();
  if (kept === null) await writePrivately(orgFile, orgId);
  return { orgId, adminToken: await adminToken(config), isNew: kept === null };
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

async function writePrivately(file: string, text: string): Promise<void> {
  await writeFile(file, `${text}\n`, { mode: 0o600 });
  await chmod(file, 0o600);
}
