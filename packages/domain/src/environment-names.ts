// Environment names: which variables of an agent belong to the platform, so that no workspace can set them.

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
/** What changes how a program is loaded, before a line of it runs. */
const LOADER = /^(LD_.*|DYLD_.*|NODE_OPTIONS|BASH_ENV|ENV|PATH|IFS|SHELLOPTS|PYTHONSTARTUP|PYTHONHOME)$/;

/** Credentials of the platform: an agent never has them. */
export const PLATFORM_SECRETS: ReadonlySet<string> = new Set([
  'ADMIN_TOKEN',
  'CP_ADMIN_API_TOKEN',
  'SECRETS_ENCRYPTION_KEY',
  'SECRETS_ENCRYPTION_KEY_PREVIOUS',
  'MOLECULE_CP_SHARED_SECRET',
  'PROVISION_SHARED_SECRET',
  'MEMORY_PLUGIN_TOKEN',
  'MEMORY_PLUGIN_DATABASE_URL',
]);

/** What the platform itself tells an agent. */
const OURS: ReadonlySet<string> = new Set([
  'HOME',
  'HOST',
  'PORT',
  'TIER',
  'PARENT_ID',
  'AGENT_URL',
  'WORKSPACE_ID',
  'WORKSPACE_DIR',
  'WORKSPACE_ENGINE',
  'WORKSPACE_CONFIG_PATH',
  'CONFIGS_DIR',
  'PLUGINS_DIR',
  'PLATFORM_URL',
  'MOLECULE_URL',
  'MOLECULE_API_URL',
  'MOLECULE_PLATFORM_URL',
  'MOLECULE_ORG_ID',
  'MOLECULE_UNIT',
  'MOLECULE_WORKSPACE_TOKEN',
  'MOLECULE_CONFIG_GENERATION',
]);

/** A name that a program can have a variable under. */
export function isEnvironmentName(name: string): boolean {
  return NAME.test(name);
}

/** Left out of what an agent gets, whoever asked for it: it would change how the agent is loaded, or is a credential of ours. */
export function isWithheldVariable(name: string): boolean {
  return LOADER.test(name) || PLATFORM_SECRETS.has(name) || name === 'MOLECULE_UNIT';
}

/** Refused as the name of a secret, in any case of its letters. */
export function isReservedVariable(name: string): boolean {
  const upper = name.toUpperCase();
  return isWithheldVariable(upper) || OURS.has(upper);
}
