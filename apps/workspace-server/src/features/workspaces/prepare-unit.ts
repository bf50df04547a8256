// Prepare unit: everything that a start needs, the same for every backend: engine, config files, environment, token.
// The token is committed before the unit can use it; config and token are complete before the agent can read them.

import { chooseEngine, type WorkspaceState } from '@molecule/domain';
import { stringify } from 'yaml';
import type { AccessStore } from '../access/index.ts';
import type { ConfigNumbers, WorkspaceSecrets } from './unit-config.ts';
import { requireVariables, unitVariables } from './unit-variables.ts';
import type { UnitSpec } from './units.ts';
import type { WorkspaceFiles } from './workspace-files.ts';

export interface PrepareDeps {
  files: Pick<WorkspaceFiles, 'read'>;
  access: AccessStore;
  numbers: Pick<ConfigNumbers, 'begin'>;
  secrets: Pick<WorkspaceSecrets, 'open'>;
  /** Provider keys and addresses that agents get from the server's own settings. */
  providerEnv: Readonly<Record<string, string>>;
  /** The folder of a workspace template; null when there is none of that name. */
  readTemplate(name: string): Promise<Record<string, string> | null>;
}

/** Other runtime names are no folder names. */
const RUNTIME = /^[A-Za-z0-9_-]+$/;

export type PrepareUnit = (state: WorkspaceState) => Promise<UnitSpec>;

export function createPrepareUnit(deps: PrepareDeps): PrepareUnit {
  return async (state) => {
    const { engine } = chooseEngine(state.runtime);
    // The number first: what is read after it is at least as new.
    const generation = await deps.numbers.begin(state.id);
    const files = await readConfigTree(deps, state);
    const env = unitVariables({
      state,
      engine,
      providerEnv: deps.providerEnv,
      secrets: await deps.secrets.open(state.id),
      generation,
    });
    requireVariables(env, files['config.yaml'] ?? '');
    return {
      workspaceId: state.id,
      name: state.name,
      role: state.role,
      runtime: state.runtime,
      engine,
      tier: state.tier,
      model: state.model,
      parentId: state.parentId,
      configFiles: files,
      env,
      sessionResetAt: state.sessionResetAt ?? null,
      authToken: await deps.access.rotate(state.id, 'provision'),
      workspaceDir: state.workspaceDir,
      workspaceAccess: state.workspaceAccess,
    };
  };
}

/** What a start puts below /configs: the template's files under the workspace's own, and always a config.yaml. */
export async function readConfigTree(
  deps: Pick<PrepareDeps, 'files' | 'readTemplate'>,
  state: WorkspaceState,
): Promise<Record<string, string>> {
  const files = { ...(await readTemplateOf(deps, state)) };
  for (const [path, content] of Object.entries(await deps.files.read(state.id))) {
    if (content === null) delete files[path];
    else files[path] = content;
  }
  if (!files['config.yaml']) files['config.yaml'] = defaultConfig(state);
  return files;
}

/** A template that is gone makes room for the runtime's own. */
async function readTemplateOf(
  { readTemplate }: Pick<PrepareDeps, 'readTemplate'>,
  { template, runtime }: WorkspaceState,
): Promise<Record<string, string> | null> {
  if (template === null) return null;
  return (
    (await readTemplate(template)) ?? (RUNTIME.test(runtime) ? readTemplate(`${runtime}-default`) : null)
  );
}

/** The config of a workspace without a template. Values go through the YAML printer, never into a template string. */
function defaultConfig(state: WorkspaceState): string {
  return stringify({
    name: state.name,
    description: state.role ?? '',
    version: '1.0.0',
    tier: state.tier,
    runtime: state.runtime,
    ...(state.model ? { model: state.model } : {}),
    runtime_config: { timeout: 0 },
  });
}
