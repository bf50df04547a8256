// Compose backends: where agents may run, as the settings say: the default for new workspaces, and what single workspaces
// may choose beside it.

import { join } from 'node:path';
import { type CloudOptions, createDispatcher, type Dispatcher, imageSources } from '@molecule/backends';
import type { BackendName } from '@molecule/domain';
import type { AgentsDoor } from '@molecule/http';
import type { Clock, Log } from '@molecule/kit';
import type { CloudConfig } from './cloud-settings.ts';
import type { Config } from './config.ts';

export interface BackendParts {
  repositoryDir: string;
  orgId: string;
  /** Where an agent on this machine's own network reaches the tenant. */
  agentsUrl(): string;
  port(): number;
  /** Exists once the server is built; no agent starts before that. */
  door(): AgentsDoor;
  clock: Clock;
  log: Log;
}

export function composeBackends(config: Config, parts: BackendParts): Dispatcher {
  const { repositoryDir, orgId, agentsUrl, clock, log } = parts;
  const wired = wiredBackends(config);
  const { socketPath, sizes, rights, isWeakSandboxAllowed } = config.containers;
  return createDispatcher({
    clock,
    log,
    ...(wired.includes('process')
      ? {
          process: {
            stateDir: join(config.dataDir, 'workspaces'),
            command: [process.execPath, join(repositoryDir, 'apps/workspace-runtime/dist/main.js')],
            platformUrl: agentsUrl,
            orgId,
            sizes,
            isWeakSandboxAllowed,
          },
        }
      : {}),
    ...(config.cloud ? { cloud: cloudOptions(config.cloud, config.dataDir) } : {}),
    ...(wired.includes('docker')
      ? {
          docker: {
            stateDir: join(config.dataDir, 'containers'),
            socketPath,
            sizes,
            rights,
            owner: { instanceId: orgId, orgId },
            image: imageSources(repositoryDir),
            openDoor: (gateway: string) => parts.door().open(gateway, parts.port()),
            hostUrl: agentsUrl,
          },
        }
      : {}),
  });
}

function cloudOptions(cloud: CloudConfig, dataDir: string): CloudOptions {
  return {
    stateDir: join(dataDir, 'instances'),
    baseUrl: cloud.controlPlaneUrl,
    sharedSecret: () => cloud.sharedSecret.reveal(),
    tenantToken: () => cloud.tenantToken.reveal(),
    orgId: cloud.orgId,
    platformUrl: () => cloud.ownUrl,
  };
}

/** Why nothing can be started on this backend now; null when something can. */
export async function findBackendProblem(
  dispatcher: Dispatcher,
  backend: BackendName,
): Promise<string | null> {
  const health = (await dispatcher.health(backend))[backend];
  if (!health) return `the ${backend} backend is not available on this server`;
  return health.isOk ? null : `the ${backend} backend is not ready: ${health.detail}`;
}

/** The default first. */
export function wiredBackends(config: Pick<Config, 'backend' | 'furtherBackends'>): BackendName[] {
  return [...new Set<BackendName>([config.backend, ...config.furtherBackends])];
}
