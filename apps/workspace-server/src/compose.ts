// Compose: the only file that builds a tenant. Each compose-<noun>.ts beside it builds one part and says what it is made of.

import { AgentsDoor } from '@molecule/http';
import { Shutdown } from '@molecule/kit';
import { composeConnections } from './compose-connections.ts';
import { addLateLoops, addLoops } from './compose-loops.ts';
import { composeMemory } from './compose-memory.ts';
import { composeMessages } from './compose-messages.ts';
import { composeSecrets } from './compose-secrets.ts';
import { composeServer } from './compose-server.ts';
import { composeShutdown } from './compose-shutdown.ts';
import { composeState } from './compose-state.ts';
import { composeUnits } from './compose-units.ts';
import { composeWorkspaces } from './compose-workspaces.ts';
import { announce, startDemo } from './first-start.ts';
import type { StartProgress } from './start-progress.ts';
import { type TenantAddresses, tenantAddresses } from './tenant-addresses.ts';
import type { TenantBase } from './tenant-base.ts';

export interface Tenant {
  url: string;
  stop(reason: string): Promise<{ isClean: boolean }>;
}

/** Stops the database of `base` when it fails. */
export async function startTenant(base: TenantBase, progress: StartProgress): Promise<Tenant> {
  try {
    return await startOn(base, progress);
  } catch (error) {
    await base.pg.stop();
    throw error;
  }
}

async function startOn(base: TenantBase, progress: StartProgress): Promise<Tenant> {
  const { config, log } = base;
  const shutdown = new Shutdown(log);
  const addresses = tenantAddresses(config);
  const parts = await composeParts(base, addresses, () => door);
  const { state, units, messages } = parts;
  const app = await composeServer({ ...parts, shutdown });
  addLoops(parts);
  const door = new AgentsDoor((request, response) => app.routing(request, response));

  progress.say('opening the door …');
  await app.listen({ port: config.port, host: config.host });
  addresses.noteListening(app.server.address());
  await messages.inbox.load();
  await units.controller.adopt();
  base.supervisor.start();
  addLateLoops(parts);
  composeShutdown(shutdown, { ...parts, app, door });

  await startDemo(base, parts.workspaces.org, state.wasEmpty, progress);
  await announce(base, state.credentials.access, addresses.publicUrl(), progress);
  return { url: addresses.publicUrl(), stop: (reason) => shutdown.run(reason) };
}

/** Everything behind the door. No agent is started or called before the loops run. */
async function composeParts(base: TenantBase, addresses: TenantAddresses, door: () => AgentsDoor) {
  const { publicUrl } = addresses;
  const state = await composeState(base);
  const secrets = await composeSecrets({
    ...base,
    db: base.pg.db,
    settings: base.config,
    orgId: base.identity.orgId,
    appendEvent: state.stores.events.appendIn,
    directory: state.directory,
    access: state.credentials.access,
    publishSoon: state.soon.publishSoon,
  });
  const agents = composeConnections(base, state);
  const { abortCalls } = agents;
  const units = composeUnits({ base, state, secrets, addresses, abortCalls, door });
  const record = {
    activityLog: state.stores.activity,
    hub: state.hub,
    mask: (id: string, text: string) => secrets.mask.mask(id, text),
  };
  const { directory } = state;
  const memory = await composeMemory({
    ...base,
    directory,
    record,
    repository: base.repositoryDir,
    keyValues: state.stores.keyValues,
    appendEvent: state.stores.events.appendIn,
  });
  const messages = composeMessages({ base, state, agents, units, record, publicUrl });
  const made = { base, state, secrets, agents, units, record, memory, messages, publicUrl };
  const workspaces = composeWorkspaces({ ...made, initialMemories: memory.firstMemories });
  return { ...made, workspaces };
}
