// Unit command: which limits stand in front of the agent, and that no more is claimed than is set.

import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isolationText, limitedCommand } from './unit-command.ts';

const nothing = () => false;
const hasTools = existsSync('/usr/bin/prlimit') && existsSync('/usr/bin/nice');

describe('the command of a unit', () => {
  it('is the bare command on a system without the tools', () => {
    expect(limitedCommand(['/bin/agent', 'x'], 1, nothing)).toEqual(['/bin/agent', 'x']);
    expect(isolationText(nothing)).not.toMatch(/core dumps|yield/);
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
    expect(isolationText()).toMatch(
      /NOT enforced on any tier: file system, memory, number of processes and network/,
    );
  });
});
