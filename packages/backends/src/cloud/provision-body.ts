// Provision body: what the control plane is told of a workspace that is to be placed. It passes through there and is not
// kept; config and token are part of it, so that they are complete before the agent starts.

import type { platform } from '@molecule/contracts';
import { faults } from '@molecule/domain';
import { askedVariables } from '../asked-variables.ts';
import type { WorkspaceSpec } from '../backend.ts';

const MAX_CONFIG_BYTES = 256 * 1024;
const MAX_ASSET_BYTES = 16 * 1024 * 1024;
/** The larger part may hold these only. */
const IS_ASSET = /^(config\.yaml|prompts\/.+)$/;

export interface ProvisionFacts {
  orgId: string;
  /** Where an instance reaches the tenant. */
  platformUrl: string;
}

/** `refused`: names of variables that the instance does not get. */
export function provisionBody(
  spec: WorkspaceSpec,
  { orgId, platformUrl }: ProvisionFacts,
): { body: platform.ProvisionBody; refused: string[] } {
  if (!spec.configFiles['config.yaml']) throw faults.configMissing('this workspace has no config.yaml');
  if (spec.workspaceDir !== null && spec.workspaceAccess !== 'none') {
    throw faults.unsupportedOnBackend('workspace_dir', 'cloud', 'an instance has no folder of this machine');
  }
  const { asked, refused } = askedVariables(spec.env);
  const { config, assets } = splitFiles(spec);
  const body: platform.ProvisionBody = {
    org_id: orgId,
    workspace_id: spec.workspaceId,
    runtime: spec.engine,
    tier: spec.tier,
    platform_url: platformUrl,
    env: {
      ...asked,
      WORKSPACE_ID: spec.workspaceId,
      WORKSPACE_CONFIG_PATH: '/configs',
      CONFIGS_DIR: '/configs',
      PLUGINS_DIR: '/configs/plugins',
      MOLECULE_PLATFORM_URL: platformUrl,
      PLATFORM_URL: platformUrl,
      MOLECULE_URL: platformUrl,
      MOLECULE_ORG_ID: orgId,
      TIER: String(spec.tier),
      // Epoch milliseconds: an instance drops what its volume keeps of sessions from before, once for each value.
      ...(spec.sessionResetAt ? { MOLECULE_SESSION_RESET_AT: String(spec.sessionResetAt) } : {}),
      ...(spec.parentId === null ? {} : { PARENT_ID: spec.parentId }),
    },
    config_files: encode(config),
    ...(Object.keys(assets).length > 0 ? { template_assets: encode(assets) } : {}),
  };
  return { body, refused };
}

type Files = Record<string, string>;

/** Small ones travel as config files; when those are too many, what may be an asset is one. */
function splitFiles(spec: WorkspaceSpec): { config: Files; assets: Files } {
  const all: Files = { ...spec.configFiles, '.auth_token': spec.authToken };
  for (const path of Object.keys(all)) {
    if (path === '' || path.startsWith('/') || path.split('/').includes('..')) {
      throw faults.invalidRequest('invalid path');
    }
  }
  if (bytesOf(all) <= MAX_CONFIG_BYTES) return { config: all, assets: {} };
  const pick = (isAsset: boolean) =>
    Object.fromEntries(Object.entries(all).filter(([path]) => IS_ASSET.test(path) === isAsset));
  const parts = { config: pick(false), assets: pick(true) };
  if (bytesOf(parts.config) > MAX_CONFIG_BYTES)
    throw faults.invalidRequest('the configuration is larger than 256 KiB beside config.yaml and prompts');
  if (bytesOf(parts.assets) > MAX_ASSET_BYTES)
    throw faults.invalidRequest('config.yaml and prompts are larger than 16 MiB');
  return parts;
}

function bytesOf(files: Files): number {
  return Object.values(files).reduce((sum, content) => sum + Buffer.byteLength(content), 0);
}

function encode(files: Files): Record<string, string> {
  return Object.fromEntries(
    Object.entries(files).map(([path, content]) => [path, Buffer.from(content).toString('base64')]),
  );
}
