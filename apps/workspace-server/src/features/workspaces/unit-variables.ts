// Unit variables: the environment that a workspace's agent gets beside what the backend tells it. Later wins:
// the server's own provider settings, global secrets, the workspace's secrets; then what is only a default, and ours.

import {
  Fault,
  faults,
  isEnvironmentName,
  isReservedVariable,
  LIMITS,
  type WorkspaceState,
} from '@molecule/domain';
import { parse } from 'yaml';
import type { UnitSecrets } from './unit-config.ts';

export interface UnitVariableFacts {
  state: WorkspaceState;
  engine: string;
  providerEnv: Readonly<Record<string, string>>;
  secrets: UnitSecrets;
  generation: number | null;
}

const MODEL = 'MODEL_PROVIDER';

export function unitVariables(facts: UnitVariableFacts): Record<string, string> {
  const { state, engine, providerEnv, secrets, generation } = facts;
  const env: Record<string, string> = {
    ...gitIdentity(state),
    ...(engine === 'model' ? providerEnv : {}),
    ...revealed(secrets.global),
    ...(state.model ? { [MODEL]: state.model } : {}),
    ...revealed(secrets.own),
    ...(state.role ? { MOLECULE_AGENT_ROLE: state.role } : {}),
    WORKSPACE_ENGINE: engine,
    ...(generation === null ? {} : { MOLECULE_CONFIG_GENERATION: String(generation) }),
  };
  const model = state.model ?? env[MODEL];
  if (state.runtime === 'hermes' && model) env.HERMES_DEFAULT_MODEL ??= model;
  refuseTooLarge(env);
  return env;
}

/** Throws CONFIG_MISSING with the names when config.yaml requires variables that are not there or empty. */
export function requireVariables(env: Readonly<Record<string, string>>, configYaml: string): void {
  const missing = requiredNames(configYaml).filter((name) => !env[name] && !isReservedVariable(name));
  if (missing.length === 0) return;
  throw new Fault('CONFIG_MISSING', `required environment variables are not set: ${missing.join(', ')}`, {
    extra: { missing },
  });
}

/** A config.yaml that cannot be read is the agent's to report: it says where the mistake is. */
function requiredNames(configYaml: string): string[] {
  try {
    const config = parse(configYaml) as { runtime_config?: { required_env?: unknown } } | null;
    const names = config?.runtime_config?.required_env;
    return Array.isArray(names) ? names.filter((name): name is string => typeof name === 'string') : [];
  } catch {
    return [];
  }
}

/** Names that no program can have a variable under reach the agent by its fetch only. */
function revealed(values: UnitSecrets['global']): Record<string, string> {
  return Object.fromEntries(
    [...values]
      .filter(([name]) => isEnvironmentName(name) && !isReservedVariable(name))
      .map(([name, value]) => [name, value.reveal()]),
  );
}

/** Commits of an agent are signed by it, unless somebody says otherwise. */
function gitIdentity({ name }: WorkspaceState): Record<string, string> {
  const slug =
    name
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-+|-+$/g, '') || 'agent';
  const author = `Molecule AI ${name}`;
  const email = `${slug}@agents.invalid`;
  return {
    GIT_AUTHOR_NAME: author,
    GIT_AUTHOR_EMAIL: email,
    GIT_COMMITTER_NAME: author,
    GIT_COMMITTER_EMAIL: email,
  };
}

/** The system gives a program only so much room. */
function refuseTooLarge(env: Readonly<Record<string, string>>): void {
  const bytes = Object.entries(env).reduce((sum, entry) => sum + Buffer.byteLength(entry.join('=')) + 1, 0);
  if (bytes <= LIMITS.unitEnvironmentBytes) return;
  throw faults.configMissing(
    `the secrets of this workspace are larger than ${LIMITS.unitEnvironmentBytes} bytes together`,
  );
}
