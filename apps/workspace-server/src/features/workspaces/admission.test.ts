// Admission: both sides of each edge.

import { describe, expect, it } from 'vitest';
import { type Census, findNoRoom } from './admission.ts';

const room = { maxAgents: 10, maxComing: 4, reserveMib: 500, agentMib: 100 };
const some: Census = { agents: 5, coming: 0, availableMib: 10_000 };

describe('admission', () => {
  it.each<[string, Partial<Census>, RegExp | null]>([
    ['the last place', { agents: 9 }, null],
    ['no place', { agents: 10 }, /AGENTS_MAX allows 10/],
    ['just enough memory', { availableMib: 600 }, null],
    ['one MiB too little', { availableMib: 599 }, /waits for memory.*100 MiB/],
    ['memory that agents who come up will take', { availableMib: 800, coming: 3 }, /waits for memory/],
    ['the last turn', { coming: 3 }, null],
    ['no turn', { coming: 4 }, /waits for its turn: 4/],
  ])('with %s', (_, change, expected) => {
    const said = findNoRoom(room, { ...some, ...change });
    if (expected === null) expect(said).toBeNull();
    else expect(said).toMatch(expected);
  });
});
