// External backend: the agent runs elsewhere. There is nothing to start or stop, and nobody to ask whether it runs.

import { faults } from '@molecule/domain';
import type { Backend, BackendHealth, LogLines, Probe, Unit, UnitHandle } from '../backend.ts';

export class ExternalBackend implements Backend {
  readonly kind = 'external';

  start(): Promise<UnitHandle> {
    return Promise.reject(faults.unsupportedOnBackend('start', 'external', 'the agent registers itself'));
  }

  async stop(): Promise<void> {}

  async stopAndPrune(): Promise<void> {}

  async probe(): Promise<Probe> {
    return 'unknown';
  }

  logs(): Promise<LogLines> {
    return Promise.reject(
      faults.unsupportedOnBackend('logs', 'external', 'the output stays where the agent runs'),
    );
  }

  async listUnits(): Promise<Unit[]> {
    return [];
  }

  async health(): Promise<BackendHealth> {
    return { isOk: true, detail: 'agents register themselves', isolation: 'outside this server' };
  }

  onExit(): void {}
}
