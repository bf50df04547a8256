// Unit command: which limits stand in front of the agent, and that no more is claimed than is set.

import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { AgentUsers } from './agent-users.ts';
import { isolationText, limitedCommand } from './unit-command.ts';
import type { UnitWalls } from './unit-walls.ts';

const nothing = () => false;
const open: UnitWalls = {
  users: null,
  whyNoUsers: 'this server does not run as root',
  groups: {
    kept: new Set(),
    prepare: async () => [],
    wasOutOfMemory: async () => false,
    remove: async () => {},
  },
};
const hasTools = existsSync('/usr/bin/prlimit') && existsSync('/usr/bin/nice');

describe('the command of a unit', () => {
  it('is the bare command on a system without the tools', () => {
    expect(limitedCommand(['/bin/agent', 'x'], 1, undefined, nothing)).toEqual(['/bin/agent', 'x']);
    expect(isolationText(open, nothing)).not.toMatch(/core dumps|yield/);
  });

  it.runIf(hasTools)('steps back on tiers 1 and 2, and leaves no core dumps', () => {
    const seen = ([1, 2, 3, 4] as const).map((tier) => {
      const [file = '', ...args] = limitedCommand(['/bin/sh', '-c', 'nice; ulimit -c'], tier);
      return execFileSync(file, args, { encoding: 'utf8' }).trim().split('\n');
    });
    const own = Number(execFileSync('/usr/bin/nice', { encoding: 'utf8' }));
    expect(seen).toEqual([10, 5, 0, 0].map((step) => [String(own + step), '0']));
  });

  it('names what it does not enforce', () => {
    expect(isolationText(open)).toMatch(
      /outruns: memory, number of processes; NOT enforced.*: file system, so an/,
    );
    expect(isolationText(open)).toContain(
      '(this server does not run as root), processor time, disk, network',
    );
  });

  it('says of the kernel what the kernel took, and of users what was tried', () => {
    const kept = isolationText({ ...open, groups: { ...open.groups, kept: new Set(['memory', 'cpu']) } });
    expect(kept).toContain('limited by the kernel: memory, processor time');
    expect(kept).toContain('outruns: number of processes');
    const users = new AgentUsers({ claimsDir: '/nowhere', first: 1, count: 1 });
    const walled = isolationText({ ...open, users, whyNoUsers: null });
    expect(walled).toContain('a user of its own');
    expect(walled).toContain('runs as the user of this server');
    expect(walled).not.toContain('file system, so an agent');
  });
});
