// Asked variables: which variables of a workspace's own an agent gets. Names that would change how its process is loaded,
// or that carry a secret of the platform, are left out and told.

import { faults } from '@molecule/domain';

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const LOADER = /^(LD_.*|DYLD_.*|NODE_OPTIONS|BASH_ENV|ENV)$/;
const PLATFORM_SECRETS = new Set([
  'ADMIN_TOKEN',
  'CP_ADMIN_API_TOKEN',
  'SECRETS_ENCRYPTION_KEY',
  'MOLECULE_CP_SHARED_SECRET',
  'PROVISION_SHARED_SECRET',
  'MEMORY_PLUGIN_TOKEN',
  'MEMORY_PLUGIN_DATABASE_URL',
  'MOLECULE_UNIT',
]);

/** What of the asked-for variables an agent gets, and the names of the rest. Throws INVALID_REQUEST for what is no variable. */
export function askedVariables(env: Readonly<Record<string, string>>): {
  asked: Record<string, string>;
  refused: string[];
} {
  const refused = Object.keys(env).filter((name) => LOADER.test(name) || PLATFORM_SECRETS.has(name));
  const asked = Object.entries(env).filter(([name]) => !refused.includes(name));
  for (const [name, value] of asked) {
    if (!NAME.test(name) || value.includes('\0')) {
      throw faults.invalidRequest(`the environment variable ${JSON.stringify(name)} is not valid`);
    }
  }
  return { asked: Object.fromEntries(asked), refused };
}
