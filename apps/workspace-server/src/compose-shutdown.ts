// Compose shutdown: in which order a tenant ends. No new work first, then the agents, then what they still wrote to.

import type { AgentsDoor } from '@molecule/http';
import type { Shutdown } from '@molecule/kit';
import type { FastifyInstance } from 'fastify';
import type { TenantConnections } from './compose-connections.ts';
import type { TenantMemory } from './compose-memory.ts';
import type { TenantState } from './compose-state.ts';
import type { TenantUnits } from './compose-units.ts';
import { publishEvents } from './features/events/index.ts';
import type { TenantBase } from './tenant-base.ts';

export interface ShutdownParts {
  base: TenantBase;
  app: FastifyInstance;
  door: AgentsDoor;
  state: TenantState;
  agents: Pick<TenantConnections, 'stop'>;
  units: TenantUnits;
  memory: TenantMemory;
}

export function composeShutdown(shutdown: Shutdown, parts: ShutdownParts): void {
  const { base, app, door, state, agents, units, memory } = parts;
  shutdown.on('server', async () => {
    app.server.closeIdleConnections();
    await app.close();
  });
  shutdown.on('agents', () => units.controller.shutDown(), 15_000);
  shutdown.on('agents door', () => door.close());
  shutdown.on('loops', () => base.supervisor.stop());
  shutdown.on('publish', async () => {
    await publishEvents({ log: state.stores.events, hub: state.hub });
  });
  shutdown.on('connections', () => agents.stop());
  memory.stopOn(shutdown);
  shutdown.on('ephemeral', () => state.ephemeral.stop());
  shutdown.on('database', () => base.pg.stop(), 20_000);
}
