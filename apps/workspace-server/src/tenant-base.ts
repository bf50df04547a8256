// Tenant base: what every part of a tenant is composed from.

import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Clock, Log, Supervisor } from '@molecule/kit';
import type { RunningPostgres } from '@molecule/postgres';
import type { Config } from './config.ts';
import type { TenantIdentity } from './tenant-identity.ts';

export interface TenantBase {
  config: Config;
  identity: TenantIdentity;
  pg: RunningPostgres;
  clock: Clock;
  log: Log;
  supervisor: Supervisor;
  /** Where the built apps and the templates lie. */
  repositoryDir: string;
  templatesDir: string;
}

export const REPOSITORY_DIR = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');

export function templatesDirOf(config: Pick<Config, 'templatesDir'>): string {
  return config.templatesDir ?? join(REPOSITORY_DIR, 'templates');
}
