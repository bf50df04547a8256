// Compose workspaces: what creates workspaces and whole organisations, changes them, and lets them rest.

import { join } from 'node:path';
import { wiredBackends } from './compose-backends.ts';
import type { TenantConnections } from './compose-connections.ts';
import { addLifecycleLoops, composeRestarts } from './compose-lifecycle.ts';
import type { TenantMessages } from './compose-messages.ts';
import type { TenantSecrets } from './compose-secrets.ts';
import type { TenantState } from './compose-state.ts';
import type { TenantUnits } from './compose-units.ts';
import { checkAgentUrl } from './features/relay/index.ts';
import { findProblem } from './features/secrets/index.ts';
import { engineOf, parseConfig } from './features/templates/index.ts';
import type { CreateDeps, InitialMemories } from './features/workspaces/index.ts';
import { purgeRows } from './purge-rows.pg.ts';
import type { TenantBase } from './tenant-base.ts';

export interface WorkspaceParts {
  base: TenantBase;
  state: TenantState;
  secrets: TenantSecrets;
  agents: TenantConnections;
  units: TenantUnits;
  messages: Pick<TenantMessages, 'relay' | 'inbox'>;
  initialMemories: InitialMemories;
  publicUrl(): string;
}

export type TenantWorkspaces = ReturnType<typeof composeWorkspaces>;

export function composeWorkspaces(parts: WorkspaceParts) {
  const { base, state, secrets, agents, units, messages } = parts;
  const { config, clock, log, supervisor } = base;
  const { directory, vitals } = state;
  const create = composeCreate(parts);
  const org = {
    ...create,
    templatesRoot: join(base.templatesDir, 'orgs'),
    envNames: async () => new Set([...Object.keys(config.providerEnv), ...(await secrets.globalNames())]),
    findSecretProblem: findProblem,
  };
  const restarts = composeRestarts({
    directory,
    vitals,
    clock,
    log,
    secretNames: {
      of: async (id) => {
        const { global, own } = await secrets.secrets.open(id);
        return [...global.keys(), ...own.keys()];
      },
    },
    relay: messages.relay,
    templates: state.fileStores.templates,
    orgTemplatesRoot: org.templatesRoot,
    files: state.fileStores.files,
  });
  const workspaces = {
    ...create,
    ...restarts,
    vitals,
    log,
    abortCalls: agents.abortCalls,
    inFlight: (id: string) => agents.connections.inFlight(id),
    consoleOf: units.output.console,
    queueDepthOf: (id: string) => messages.inbox.depthOf(id),
    purgeRows,
  };
  addLifecycleLoops(supervisor, {
    ...restarts,
    hibernation: { ...workspaces, hasOpenMessages: (id) => messages.inbox.hasOpen(id) },
  });
  return { create, org, workspaces };
}

function composeCreate({ base, state, secrets, agents, units, ...parts }: WorkspaceParts) {
  const { templates } = state.fileStores;
  return {
    ...state.edit,
    access: state.credentials.access,
    requestKeys: state.stores.requestKeys,
    provision: units.provision,
    backends: wiredBackends(base.config),
    numbers: secrets.numbers,
    secrets: secrets.secrets,
    checkAgentUrl: (url: string) => checkAgentUrl(url, agents.guard),
    checkTemplate: async (id: string) => {
      const config = parseConfig((await templates.read(id))?.['config.yaml'] ?? '');
      return config ? engineOf(config) : null;
    },
    publicUrl: parts.publicUrl,
    initialMemories: parts.initialMemories,
  } satisfies CreateDeps;
}
