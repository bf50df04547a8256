// Units from dispatcher: the controller's words for what the dispatcher does.

import type { Dispatcher } from '@molecule/backends';
import type { Units } from './features/workspaces/index.ts';

export function toUnits(dispatcher: Dispatcher): Units {
  return {
    start: async (spec, backend) => {
      const result = await dispatcher.restart(spec, backend);
      switch (result.outcome) {
        case 'started':
          return { isStarted: true, url: result.url, isolation: result.isolation };
        case 'no_backend':
        case 'crash_loop':
          return { isStarted: false, reason: result.outcome, detail: result.reason };
        case 'failed':
          return { isStarted: false, reason: result.code, detail: result.reason };
      }
    },
    stop: (id, backend) => dispatcher.stop(id, backend),
    erase: (id, backend) => dispatcher.stopAndPrune(id, backend),
    carry: (id, from, to) => dispatcher.carry(id, from, to),
    probe: (id, backend) => dispatcher.probe(id, backend),
    list: async () => {
      const units = await dispatcher.listUnits();
      if (!units) return 'unknown';
      return units.map((unit) => ({
        workspaceId: unit.workspaceId,
        backend: unit.backend,
        isRunning: unit.state === 'running',
      }));
    },
    hasProvisioner: () => dispatcher.hasProvisioner(),
    logTail: async (id, backend, lines) =>
      (await dispatcher.logs(id, backend, { source: 'runtime', tail: lines })).lines.map((line) => line.text),
    onExit: (listener) => dispatcher.onExit(listener),
  };
}
