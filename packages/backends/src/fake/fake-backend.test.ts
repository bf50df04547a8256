// Fake backend: held to the suite that every backend passes, so that tests which use it prove something.

import { type BackendUnderTest, describeBackend } from '../backend.contract.ts';
import { processUnderTest } from '../process/testing/process-under-test.ts';
import { FakeControls } from './fake-backend.ts';

describeBackend({
  backend: 'fake',
  create: async (): Promise<BackendUnderTest> => {
    const controls = new FakeControls();
    const beside = await processUnderTest({}, controls);
    return {
      ...beside,
      seenByAgent: async (id) => {
        const saved = controls.sessions.get(id) ?? new Map<string, string>();
        const sessions = [...saved.keys()].filter((name) => !name.startsWith('.'));
        saved.set('saved', 'what was said');
        return {
          env: { ...controls.units.get(id)?.spec.env },
          configs: [...(controls.configs.get(id) ?? [])],
          tokenMode: '600',
          sessions,
        };
      },
      countAgents: async (id) => (controls.units.has(id) ? 1 : 0),
      killFromOutside: async (id) => controls.kill(id),
      breakStarts: () => {
        controls.duringStart = async () => {
          throw new Error('Error at /a/path');
        };
      },
      breakListing: async () => {
        controls.failures.set('listUnits', new Error('no list'));
      },
    };
  },
  optOuts: {
    token: { because: 'units are objects in memory: there is no file that could have a mode' },
    noPlatformSecret: {
      because: 'nothing is executed, so no environment is built; tests read back what they gave',
    },
  },
});
