// User data: what a tenant's machine is told, as data: instructions that anybody there may read, and a bundle of secrets.

import { tenantBoot } from '@molecule/contracts';
import type { TenantSpec } from '../driver.ts';
import { tenantEnvironment } from '../process/tenant-environment.ts';
import { TENANT_PORT } from './ec2-settings.ts';

/** Of a tenant's environment, what nobody but the tenant may know. */
const SECRET_NAMES = new Set([
  'ADMIN_TOKEN',
  'SECRETS_ENCRYPTION_KEY',
  'MOLECULE_CP_SHARED_SECRET',
  'MOLECULE_EDGE_KEY',
]);
/** What the machine image knows itself. */
const OF_THE_MACHINE = new Set(['PATH', 'HOME', 'MOLECULE_DATA_DIR']);

export function environmentsOf(spec: TenantSpec): {
  open: Record<string, string>;
  secret: Record<string, string>;
} {
  const all = tenantEnvironment(spec, {
    host: '0.0.0.0',
    port: TENANT_PORT,
    platformUrl: spec.platformUrl,
    dataDir: '',
    programPath: '',
    hasUnits: false,
  });
  const named = Object.entries(all).filter(([name]) => !OF_THE_MACHINE.has(name));
  return {
    open: Object.fromEntries(named.filter(([name]) => !SECRET_NAMES.has(name))),
    secret: Object.fromEntries(named.filter(([name]) => SECRET_NAMES.has(name))),
  };
}

/** As base64, for RunInstances. Throws for what the machine would not take. */
export function userDataOf(instructions: tenantBoot.TenantInstructions): string {
  const text = JSON.stringify(tenantBoot.tenantInstructions.parse(instructions));
  return Buffer.from(text).toString('base64');
}

export function bundleOf(spec: TenantSpec): string {
  return JSON.stringify(tenantBoot.tenantBundle.parse(environmentsOf(spec).secret));
}
