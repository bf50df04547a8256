// Container plan: everything that the engine is told when it makes the container of a workspace.
//
//   P1. Our own variables win over whatever the workspace asked for; names that would change how the process is loaded,
//       or that carry a secret of the platform, are left out and told.
//   P2. The only folder of this machine that a container may see is the one its row names, below a root that an operator
//       allowed.

import type { ContainerCreateOptions, MountSettings } from 'dockerode';
import { askedVariables } from '../asked-variables.ts';
import type { WorkspaceSpec } from '../backend.ts';
import { allowedFolder } from '../host-folder.ts';
import { type HostRights, isOnHostNetwork, limitsOf, TIERS, type TierSizes } from './tiers.ts';
import { labelsOf, namesOf, type Owner } from './unit-names.ts';

export const INNER_PORT = 8000;
const LOG_OPTIONS = { 'max-size': '10m', 'max-file': '3' };

export interface PlanFacts {
  owner: Owner;
  image: string;
  network: string;
  platformUrl: string;
  sizes: TierSizes;
  rights: HostRights;
  socketPath: string;
  /** Null where the tenant's own network is used: the engine chooses the port of this machine. */
  hostPort: number | null;
  hostFolderRoots: readonly string[];
  /** Empty: what the image says. */
  command: readonly string[];
  /** Whether the engine brings a first process of its own. */
  hasInit: boolean;
}

export interface ContainerPlan {
  options: ContainerCreateOptions;
  refused: string[];
}

export async function planContainer(spec: WorkspaceSpec, facts: PlanFacts): Promise<ContainerPlan> {
  const names = namesOf(spec.workspaceId);
  const { hasWorkspace, user } = TIERS[spec.tier];
  const { asked, refused } = askedVariables(spec.env);
  const env = { ...asked, ...ownVariables(spec, facts) };
  const isHost = isOnHostNetwork(spec.tier, facts.rights);
  const portKey = `${INNER_PORT}/tcp`;
  return {
    refused,
    options: {
      name: names.container,
      Image: facts.image,
      ...(facts.command.length === 0 ? {} : { Cmd: [...facts.command] }),
      User: user,
      WorkingDir: hasWorkspace ? '/workspace' : '/tmp',
      Hostname: isHost ? '' : names.container.slice(0, 15),
      Env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
      Labels: labelsOf(facts.owner, spec.workspaceId, 'unit'),
      ...(isHost ? {} : { ExposedPorts: { [portKey]: {} } }),
      HostConfig: {
        ...limitsOf(spec.tier, facts.sizes, facts.rights, facts.socketPath),
        NetworkMode: isHost ? 'host' : facts.network,
        ...(isHost ? {} : { PortBindings: { [portKey]: [{ HostIp: '127.0.0.1', HostPort: '' }] } }),
        Mounts: await mountsOf(spec, facts.hostFolderRoots),
        LogConfig: { Type: 'json-file', Config: LOG_OPTIONS },
        Init: facts.hasInit,
        // A unit that ends is started by us, within its budget; the engine starts nothing by itself.
        RestartPolicy: { Name: 'no' },
      },
    },
  };
}

async function mountsOf(spec: WorkspaceSpec, roots: readonly string[]): Promise<MountSettings[]> {
  const names = namesOf(spec.workspaceId);
  const configs = volumeMount(names.configs, '/configs');
  if (!TIERS[spec.tier].hasWorkspace) return [configs];
  const kept = [configs, volumeMount(names.sessions, '/sessions')];
  const folder = await allowedFolder(spec, roots);
  if (folder === null) return [...kept, volumeMount(names.workspace, '/workspace')];
  const ReadOnly = spec.workspaceAccess === 'read_only';
  return [...kept, { Type: 'bind', Source: folder, Target: '/workspace', ReadOnly }];
}

/** As it is: the engine would give an empty volume to whom the image's folder belongs. */
export function volumeMount(name: string, target: string): MountSettings {
  return {
    Type: 'volume',
    Source: name,
    Target: target,
    VolumeOptions: { NoCopy: true, Labels: {}, DriverConfig: { Name: '', Options: {} } },
  };
}

function ownVariables(spec: WorkspaceSpec, facts: PlanFacts): Record<string, string> {
  const home = TIERS[spec.tier].hasWorkspace ? '/workspace' : '/tmp';
  const isHost = facts.hostPort !== null;
  return {
    PATH: '/usr/local/bin:/usr/bin:/bin',
    LANG: 'C.UTF-8',
    HOME: home,
    WORKSPACE_ID: spec.workspaceId,
    WORKSPACE_DIR: home,
    WORKSPACE_CONFIG_PATH: '/configs',
    CONFIGS_DIR: '/configs',
    PLUGINS_DIR: '/configs/plugins',
    SESSIONS_DIR: TIERS[spec.tier].hasWorkspace ? '/sessions' : home,
    MOLECULE_PLATFORM_URL: facts.platformUrl,
    PLATFORM_URL: facts.platformUrl,
    MOLECULE_URL: facts.platformUrl,
    MOLECULE_ORG_ID: facts.owner.orgId,
    TIER: String(spec.tier),
    HOST: isHost ? '127.0.0.1' : '0.0.0.0',
    PORT: String(facts.hostPort ?? INNER_PORT),
    ...(spec.parentId === null ? {} : { PARENT_ID: spec.parentId }),
  };
}
