// Choose config: which template, if any, a restart takes its files from. Without one the agent keeps what it has.

import type { WorkspaceState } from '@molecule/domain';
import { parse, stringify } from 'yaml';

export interface RestartOptions {
  template?: string | null;
  apply_template?: boolean | null;
  rebuild_config?: boolean | null;
}

type Files = Readonly<Record<string, string>>;

/** Where the files of a restart may come from. Null: there is no such template. */
export interface ConfigSources {
  readTemplate(id: string): Promise<Files | null>;
  /** The template that belongs to a workspace by its name. */
  findTemplate(workspaceName: string): Promise<string | null>;
  /** The folder among the organisation templates that belongs to a workspace by its name. */
  readOrgFolder(workspaceName: string): Promise<{ label: string; files: Files } | null>;
}

export interface ChosenConfig {
  /** What stands in the answer as `config_dir`. */
  label: string;
  /** Empty: what is there stays as it is. */
  files: Files;
  /** The workspace template that now lies below the files; null: the one that was there. */
  template: string | null;
}

export const EXISTING_VOLUME = 'existing-volume';

/** The contract's order; unknown names are passed over. */
export async function chooseConfig(
  sources: ConfigSources,
  workspace: WorkspaceState,
  options: RestartOptions,
): Promise<ChosenConfig> {
  const found =
    (options.template ? await fromTemplate(sources, options.template) : null) ??
    (options.apply_template ? await byName(sources, workspace.name) : null) ??
    (options.rebuild_config ? await sources.readOrgFolder(workspace.name) : null) ??
    (options.apply_template ? await fromTemplate(sources, `${workspace.runtime}-default`) : null);
  if (!found) return { label: EXISTING_VOLUME, files: {}, template: null };
  return { template: null, ...found, files: personalise(found.files, workspace) };
}

async function byName(sources: ConfigSources, name: string): Promise<ChosenConfig | null> {
  const id = await sources.findTemplate(name);
  return id === null ? null : fromTemplate(sources, id);
}

async function fromTemplate(sources: ConfigSources, id: string): Promise<ChosenConfig | null> {
  const files = await sources.readTemplate(id);
  return files && { label: id, files, template: id };
}

/** The template's config.yaml with what the workspace is: its name, role, tier, engine and model are the row's. */
function personalise(files: Files, workspace: WorkspaceState): Files {
  const base: unknown = parse(files['config.yaml'] ?? '', { maxAliasCount: 100 });
  const config = typeof base === 'object' && base !== null && !Array.isArray(base) ? base : {};
  return {
    ...files,
    'config.yaml': stringify({
      version: '1.0.0',
      ...config,
      name: workspace.name,
      ...(workspace.role === null ? {} : { description: workspace.role }),
      tier: workspace.tier,
      runtime: workspace.runtime,
      ...(workspace.model === null ? {} : { model: workspace.model }),
    }),
  };
}
