// Compose units: what runs the agents, the controller that keeps it in line with the rows, and what others ask of both.

import type { BackendName } from '@molecule/domain';
import type { AgentsDoor } from '@molecule/http';
import { composeBackends, findBackendProblem } from './compose-backends.ts';
import type { TenantConnections } from './compose-connections.ts';
import type { TenantSecrets } from './compose-secrets.ts';
import type { TenantState } from './compose-state.ts';
import { createPrepareUnit, type ProvisionRequests, UnitController } from './features/workspaces/index.ts';
import { maskedOutput } from './masked-output.ts';
import type { TenantAddresses } from './tenant-addresses.ts';
import type { TenantBase } from './tenant-base.ts';
import { toUnits } from './units-from-dispatcher.ts';

export interface UnitParts {
  base: TenantBase;
  state: TenantState;
  secrets: TenantSecrets;
  addresses: TenantAddresses;
  abortCalls: TenantConnections['abortCalls'];
  /** Exists once the server is built; no agent starts before that. */
  door(): AgentsDoor;
}

export type TenantUnits = ReturnType<typeof composeUnits>;

export function composeUnits(parts: UnitParts) {
  const { base, state, secrets } = parts;
  const { config, clock, log } = base;
  const { files, kept, readTemplate } = state.fileStores;
  const { access } = state.credentials;
  const dispatcher = composeBackends(config, {
    repositoryDir: base.repositoryDir,
    orgId: base.identity.orgId,
    agentsUrl: parts.addresses.agentsUrl,
    port: parts.addresses.port,
    door: parts.door,
    clock,
    log,
  });
  const output = maskedOutput(dispatcher, (id) => secrets.mask.of(id));
  const controller = new UnitController({
    ...state.edit,
    units: { ...toUnits(dispatcher), logTail: output.tail },
    prepare: createPrepareUnit({
      files,
      access,
      numbers: secrets.numbers,
      secrets: secrets.secrets,
      providerEnv: config.providerEnv,
      readTemplate,
    }),
    vitals: state.vitals,
    access,
    log,
    externalStaleMs: config.externalStaleMs,
    abortCalls: parts.abortCalls,
    sweepSoon: state.soon.sweepSoon,
    tell: (event) => state.stores.events.append(event),
    room: config.room,
    availableMib: () => process.availableMemory() / (1024 * 1024),
  });
  const provision: ProvisionRequests = {
    request: (id: string) => controller.request(id),
    keepFiles: files.keep.bind(files),
    stop: (id: string) => controller.stop(id),
    erase: async (id: string) => {
      await kept.erase(id);
      await controller.erase(id);
    },
    hasProvisioner: () => controller.hasProvisioner(),
    findBackendProblem: (backend: BackendName) => findBackendProblem(dispatcher, backend),
    refuseMove: (workspace, target) => dispatcher.refuseMove(workspace, target),
    forgiveCrashes: (id: string) => dispatcher.forgiveCrashes(id),
  };
  return { dispatcher, output, controller, provision };
}
