// Compose lifecycle: joins restarts and hibernation with what they ask of the other features.

import { TIMEOUTS_MS, type WorkspaceState } from '@molecule/domain';
import { type Clock, KeyedLock, type Log, type Supervisor } from '@molecule/kit';
import type { Config } from './config.ts';
import { findOrgFolder } from './features/org/index.ts';
import { type QuietDeps, sendQuietly } from './features/relay/index.ts';
import type { WorkspaceTemplates } from './features/templates/index.ts';
import {
  type ConfigSources,
  type HibernateIdleDeps,
  hibernateIdle,
  RESTART_CONTEXT_SENDER,
  RestartContext,
  type SecretNames,
  StartLimits,
  type VitalSigns,
  type WorkspaceDirectory,
  type WorkspaceFiles,
} from './features/workspaces/index.ts';

export interface RestartParts {
  directory: WorkspaceDirectory;
  vitals: VitalSigns;
  clock: Clock;
  log: Log;
  secretNames: SecretNames;
  relay: QuietDeps;
  templates: WorkspaceTemplates;
  orgTemplatesRoot: string;
  files: Pick<WorkspaceFiles, 'read'>;
}

export function composeRestarts(parts: RestartParts) {
  const { directory, templates } = parts;
  const restartContext = new RestartContext({
    ...parts,
    send: (id, message) => sendQuietly(parts.relay, RESTART_CONTEXT_SENDER, id, message),
  });
  directory.onChange((before, after) => restartContext.noteChange(before, after));
  const configSources: ConfigSources = {
    readTemplate: (id) => templates.read(id),
    findTemplate: (name) => templates.findByWorkspaceName(name),
    readOrgFolder: (name) => findOrgFolder(parts.orgTemplatesRoot, name),
  };
  const teamSources = {
    ...configSources,
    readOwnConfig: async ({ id }: WorkspaceState) => (await parts.files.read(id))['config.yaml'] ?? null,
  };
  return { restartContext, configSources, teamSources, teamLock: new KeyedLock() };
}

export function addLifecycleLoops(
  supervisor: Supervisor,
  parts: { restartContext: RestartContext; hibernation: HibernateIdleDeps },
): void {
  supervisor.add({
    name: 'hibernation-monitor',
    intervalMs: TIMEOUTS_MS.hibernationMonitor,
    run: () => hibernateIdle(parts.hibernation),
  });
  supervisor.add({
    name: 'restart-context',
    intervalMs: TIMEOUTS_MS.restartContextPoll,
    run: () => parts.restartContext.round(),
  });
}

/** What templates ask for is looked up again now and then: they may be imported while the server runs. */
export function startLimitsOf(
  supervisor: Supervisor,
  config: Pick<Config, 'startLimitMs'>,
  templates: Pick<WorkspaceTemplates, 'list'>,
): (runtime: string) => number {
  const limits = new StartLimits(config.startLimitMs);
  supervisor.add({
    name: 'start-limits',
    intervalMs: TIMEOUTS_MS.provisionSweep,
    run: async () => limits.learn(await templates.list()),
  });
  return (runtime) => limits.of(runtime);
}
