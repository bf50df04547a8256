// Reading a console says apart that there is none and that it cannot be had now.

import { faults } from '@molecule/domain';
import { expect, it } from 'vitest';
import { readConsole } from './read-console.ts';
import { WorkspaceDirectory } from './workspace-directory.ts';

const ID = '11111111-1111-4111-8111-111111111111';

function whoseConsole(answers: () => Promise<string>) {
  const directory = new WorkspaceDirectory();
  const state = { id: ID, status: 'failed', parentId: null } as never;
  directory.apply([{ workspaceId: ID, state, version: 1 }]);
  return readConsole({ directory, consoleOf: answers }, ID);
}

it.each([
  ['has none', faults.unsupportedOnBackend('console', 'external', 'elsewhere'), 'UNSUPPORTED_ON_BACKEND'],
  ['is not wired', faults.noBackend(), 'UNSUPPORTED_ON_BACKEND'],
  ['is away', faults.backendTransient('no answer'), 'CONSOLE_FAILED'],
  ['fails by a bug', new Error('boom'), 'CONSOLE_FAILED'],
])('of a backend that %s answers %s', async (_, thrown, code) => {
  await expect(whoseConsole(() => Promise.reject(thrown))).rejects.toMatchObject({ code });
});

it('hands out what the backend noted', async () => {
  expect(await whoseConsole(async () => 'started')).toBe('started');
});
