// External backend: the scenarios that are left when the agent runs elsewhere, and the refusal of the others.

import { createLog, systemClock } from '@molecule/kit';
import { describe, expect, it } from 'vitest';
import { type BackendUnderTest, type ContractSuite, describeBackend } from '../backend.contract.ts';
import { createDispatcher } from '../dispatcher.ts';
import { FakeControls } from '../fake/fake-backend.ts';

const fake = new FakeControls();
const open = () => createDispatcher({ fake, clock: systemClock, log: createLog({ level: 'silent' }) });
const startsNothing = { because: 'the agent runs elsewhere and registers itself', refuses: 'start' } as const;
const keepsNothing = {
  because: 'the agent runs elsewhere and keeps its own files',
  refuses: 'writeConfigFiles',
} as const;

const optOuts: ContractSuite['optOuts'] = {
  unknownId: { because: 'nobody can be asked whether an outside agent runs: the answer is always unknown' },
  lifecycle: startsNothing,
  replace: startsNothing,
  failedStart: startsNothing,
  twoRestarts: { ...startsNothing, refuses: 'restart' },
  serialised: startsNothing,
  noConfig: startsNothing,
  token: { ...startsNothing, refuses: 'writeAuthToken' },
  config: startsNothing,
  killed: startsNothing,
  quietStop: startsNothing,
  traversal: keepsNothing,
  writeStopped: keepsNothing,
  prune: { because: 'there is nothing here to erase: both verbs succeed at once' },
  listed: startsNothing,
  brokenList: { because: 'there are no units here: the list is empty and cannot fail' },
  noPlatformSecret: startsNothing,
  liveFiles: { ...keepsNothing, refuses: 'writeFile' },
  liveTraversal: { ...keepsNothing, refuses: 'openFile' },
  liveStopped: { ...keepsNothing, refuses: 'listFiles' },
  terminal: { ...startsNothing, refuses: 'terminal' },
  terminalStopped: { ...startsNothing, refuses: 'terminal' },
  bootLog: { ...startsNothing, refuses: 'logs' },
  sessionReset: startsNothing,
  carried: { ...keepsNothing, refuses: 'carry' },
  carryFails: { ...keepsNothing, refuses: 'carry' },
  hostileArchives: { ...keepsNothing, refuses: 'carry' },
  adopted: startsNothing,
};

function notHere(): never {
  throw new Error('an external agent is not here');
}

describeBackend({
  backend: 'external',
  create: async (): Promise<BackendUnderTest> => ({
    dispatcher: open(),
    fake,
    restartServer: async () => open(),
    seenByAgent: async () => notHere(),
    countAgents: async () => 0,
    killFromOutside: async () => notHere(),
    breakStarts: notHere,
    breakListing: async () => notHere(),
    close: async () => {},
  }),
  optOuts,
});

describe('an external workspace', () => {
  it('is never called gone or running by the server', async () => {
    expect(await open().probe(crypto.randomUUID(), 'external')).toBe('unknown');
  });

  it('does not count as a provisioner', () => {
    const alone = createDispatcher({ clock: systemClock, log: createLog({ level: 'silent' }) });
    expect(alone.hasProvisioner()).toBe(false);
  });
});
