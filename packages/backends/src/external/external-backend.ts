// External backend: the agent runs elsewhere. There is nothing to start or stop, and nobody to ask whether it runs.

import { faults } from '@molecule/domain';
import type { Loop } from '@molecule/kit';
import type { Backend, BackendHealth, Probe, Unit } from '../backend.ts';
import { CAPABILITIES, type Verb } from '../verbs.ts';

export class ExternalBackend implements Backend {
  readonly kind = 'external';

  async stop(): Promise<void> {}

  async stopAndPrune(): Promise<void> {}

  async removeVolumes(): Promise<void> {}

  /** Only the agent's own heartbeats tell. */
  async probe(): Promise<Probe> {
    return 'unknown';
  }

  async listUnits(): Promise<Unit[]> {
    return [];
  }

  async health(): Promise<BackendHealth> {
    return { isOk: true, detail: 'agents register themselves', isolation: 'outside this server' };
  }

  start = () => decline('start');
  logs = () => decline('logs');
  console = () => decline('console');
  terminal = () => decline('terminal');
  writeAuthToken = () => decline('writeAuthToken');
  writeConfigFiles = () => decline('writeConfigFiles');
  readConfigFile = () => decline('readConfigFile');
  listFiles = () => decline('listFiles');
  openFile = () => decline('openFile');
  writeFile = () => decline('writeFile');
  deleteFile = () => decline('deleteFile');
  packFolder = () => decline('carry');
  unpackFolder = () => decline('carry');

  onExit(): void {}

  loops(): readonly Loop[] {
    return [];
  }
}

async function decline(verb: Verb): Promise<never> {
  throw faults.unsupportedOnBackend(verb, 'external', CAPABILITIES.external[verb] ?? 'not available');
}
