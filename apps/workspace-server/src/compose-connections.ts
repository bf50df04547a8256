// Compose connections: how this tenant calls the agents, and which addresses it must not call.

import type { TenantState } from './compose-state.ts';
import { AgentConnections, type GuardOptions } from './features/relay/index.ts';
import { AgentReader } from './features/transcripts/index.ts';
import type { TenantBase } from './tenant-base.ts';

export type TenantConnections = ReturnType<typeof composeConnections>;

export function composeConnections({ config, clock }: TenantBase, { vitals, hub }: TenantState) {
  const guard: GuardOptions = {
    isPrivateNetworkAllowed: config.isPrivateNetworkAllowed,
    isDevelopment: config.mode === 'development',
  };
  const connections = new AgentConnections(clock, guard, (id) => {
    const seconds = vitals.of(id).runtimeMetadata?.idle_timeout_seconds;
    return seconds && seconds > 0 ? seconds * 1000 : config.a2aIdleMs;
  });
  hub.listen((frame) => connections.noteSignOfLife(frame.workspace_id));
  const reader = new AgentReader(guard);
  return {
    guard,
    connections,
    reader,
    abortCalls: (id: string, reason: string, isFinal = false) => connections.abortAll(id, reason, isFinal),
    async stop(): Promise<void> {
      await Promise.all([connections.stop(), reader.stop()]);
    },
  };
}
