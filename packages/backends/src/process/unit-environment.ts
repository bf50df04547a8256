// Unit environment: the written list of variables that an agent gets. Never the environment of this process.
//
//   N1. Our own names win over whatever the workspace asked for.
//   N2. Of what it asked for it gets what asked-variables.ts lets through.

import { dirname } from 'node:path';
import { askedVariables } from '../asked-variables.ts';
import type { WorkspaceSpec } from '../backend.ts';
import type { UnitPaths } from '../unit-folders.ts';

export interface UnitFacts {
  paths: UnitPaths;
  workspaceFolder: string;
  port: number;
  platformUrl: string;
  orgId: string;
  marker: string;
}

export function unitEnvironment(
  spec: WorkspaceSpec,
  facts: UnitFacts,
): { env: Record<string, string>; refused: string[] } {
  const { asked, refused } = askedVariables(spec.env);
  const env = {
    PATH: `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`,
    LANG: 'C.UTF-8',
    ...asked,
    ...ownVariables(spec, facts),
  };
  return { env, refused };
}

/** What a person's shell in a unit gets: its folders and its marker, none of its secrets. */
export function terminalEnvironment(
  workspaceId: string,
  paths: UnitPaths,
  workspaceFolder: string,
  marker: string,
): Record<string, string> {
  return {
    PATH: `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`,
    LANG: 'C.UTF-8',
    TERM: 'xterm-256color',
    HOME: paths.workspace,
    WORKSPACE_ID: workspaceId,
    WORKSPACE_DIR: workspaceFolder,
    CONFIGS_DIR: paths.configs,
    MOLECULE_UNIT: marker,
  };
}

function ownVariables(spec: WorkspaceSpec, facts: UnitFacts): Record<string, string> {
  const { configs } = facts.paths;
  return {
    HOME: facts.paths.workspace,
    WORKSPACE_ID: spec.workspaceId,
    WORKSPACE_DIR: facts.workspaceFolder,
    WORKSPACE_CONFIG_PATH: configs,
    CONFIGS_DIR: configs,
    PLUGINS_DIR: `${configs}/plugins`,
    SESSIONS_DIR: facts.paths.sessions,
    MOLECULE_PLATFORM_URL: facts.platformUrl,
    PLATFORM_URL: facts.platformUrl,
    MOLECULE_URL: facts.platformUrl,
    MOLECULE_ORG_ID: facts.orgId,
    TIER: String(spec.tier),
    HOST: '127.0.0.1',
    PORT: String(facts.port),
    ...(spec.parentId === null ? {} : { PARENT_ID: spec.parentId }),
    MOLECULE_UNIT: facts.marker,
  };
}
