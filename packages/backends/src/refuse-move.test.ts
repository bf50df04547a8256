// Refuse move: what cannot be carried is told before anything is stopped.

import { describe, expect, it } from 'vitest';
import { refuseMove } from './refuse-move.ts';
import { CAPABILITIES } from './verbs.ts';

const plain = { workspaceDir: null, workspaceAccess: 'none' } as const;

describe('a move to another backend', () => {
  it.each([
    ['process', 'docker'],
    ['docker', 'process'],
    ['none', 'process'],
  ] as const)('from %s to %s is not refused', (backend, target) => {
    expect(() => refuseMove({ backend, ...plain }, target)).not.toThrow();
  });

  it.each([
    ['process', 'cloud', 'cloud'],
    ['docker', 'cloud', 'cloud'],
    ['none', 'cloud', 'cloud'],
    ['cloud', 'process', 'cloud'],
    ['process', 'external', 'external'],
  ] as const)('from %s to %s is refused with the reason of %s', (backend, target, because) => {
    expect(() => refuseMove({ backend, ...plain }, target)).toThrow(
      expect.objectContaining({
        code: 'UNSUPPORTED_ON_BACKEND',
        message: expect.stringContaining(CAPABILITIES[because].carry ?? 'never'),
      }),
    );
  });

  it.each([
    ['read_only', true],
    ['read_write', false],
    ['none', false],
  ] as const)(
    'of a workspace with a folder of the host, %s, to a process: refused %s',
    (workspaceAccess, isRefused) => {
      const ask = () =>
        refuseMove({ backend: 'docker', workspaceDir: '/srv/shared', workspaceAccess }, 'process');
      if (isRefused) expect(ask).toThrow('a process cannot be kept from writing into a folder');
      else expect(ask).not.toThrow();
    },
  );
});
