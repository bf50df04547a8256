// Fake backend: held to the suite that every backend passes, so that tests which use it prove something.

import { createLog, systemClock } from '@molecule/kit';
import { type BackendUnderTest, describeBackend } from '../backend.contract.ts';
import { createDispatcher } from '../dispatcher.ts';
import { FakeControls } from './fake-backend.ts';

const log = createLog({ level: 'silent' });

describeBackend({
  backend: 'fake',
  create: async (): Promise<BackendUnderTest> => {
    const controls = new FakeControls();
    const open = () => createDispatcher({ fake: controls, clock: systemClock, log });
    return {
      dispatcher: open(),
      restartServer: async () => open(),
      seenByAgent: async (id) => ({
        env: { ...controls.units.get(id)?.spec.env },
        configs: [...(controls.configs.get(id) ?? [])],
        tokenMode: '600',
      }),
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
      close: async () => {},
    };
  },
  optOuts: {
    token: { because: 'units are objects in memory: there is no file that could have a mode' },
    noPlatformSecret: {
      because: 'nothing is executed, so no environment is built; tests read back what they gave',
    },
  },
});
