// Choose engine: the engine's code by its name, loaded only when it is the one: a rehearsal never loads a model's SDK.

import { faults } from '@molecule/domain';
import type { EngineFactory } from './engine.ts';

export async function loadEngine(name: string): Promise<EngineFactory> {
  switch (name) {
    case 'rehearsal':
      return (await import('./rehearsal/rehearsal-engine.ts')).rehearsalEngine;
    case 'model':
      return (await import('./model/model-engine.ts')).modelEngine;
    default:
      throw faults.configMissing(
        `the engine "${name}" is not installed; set WORKSPACE_ENGINE or runtime in config.yaml to "rehearsal" or "model"`,
      );
  }
}
