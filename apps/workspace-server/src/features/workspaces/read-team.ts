// Read team: the children that the configuration of a workspace names: its own files, its template, the template of its name.
// A workspace may write its own files, so what stands there counts for administrators only: no agent makes itself a team.

import { teams } from '@molecule/contracts';
import { faults, type WorkspaceState } from '@molecule/domain';
import { parse } from 'yaml';
import type { ConfigSources } from './choose-config.ts';

export interface TeamSources extends Pick<ConfigSources, 'readTemplate' | 'findTemplate'> {
  /** The config.yaml that the workspace itself was given; null when it has none but what is generated. */
  readOwnConfig(workspace: WorkspaceState): Promise<string | null>;
}

/** Throws INVALID_REQUEST with the contract's texts, TEAM_CONFIG_UNREADABLE when a config cannot be read. */
export async function readTeam(
  sources: TeamSources,
  workspace: WorkspaceState,
  options: { isAskedByAgent: boolean },
): Promise<teams.SubWorkspace[]> {
  const texts = await readConfigs(sources, workspace, options.isAskedByAgent);
  if (texts.length === 0) throw faults.invalidRequest('no config found for workspace');
  const found = texts.map(parseTeam).find((members) => members.length > 0);
  if (!found) throw faults.invalidRequest('workspace has no sub_workspaces defined in config');
  return found;
}

async function readConfigs(
  sources: TeamSources,
  workspace: WorkspaceState,
  isAskedByAgent: boolean,
): Promise<string[]> {
  try {
    const own = isAskedByAgent ? null : await sources.readOwnConfig(workspace);
    const templates = [workspace.template, await sources.findTemplate(workspace.name)];
    const files = await Promise.all(templates.map((id) => (id === null ? null : sources.readTemplate(id))));
    return [own, ...files.map((each) => each?.['config.yaml'])].filter((text) => typeof text === 'string');
  } catch (error) {
    throw faults.teamConfigUnreadable('failed to read config', error);
  }
}

function parseTeam(text: string): teams.SubWorkspace[] {
  try {
    const config = parse(text, { maxAliasCount: 100 }) as { sub_workspaces?: unknown } | null;
    return teams.subWorkspaces.parse(config?.sub_workspaces ?? []);
  } catch (error) {
    throw faults.teamConfigUnreadable('failed to parse config', error);
  }
}
