// Two orders become one by the places in them.

import { describe, expect, it } from 'vitest';
import { fuseRanks } from './fuse-ranks.ts';

describe('fused ranks', () => {
  it('put what is first in both orders first, with the score 1', () => {
    const [[id, score] = []] = [...fuseRanks(['a', 'b'], ['a', 'c'])];
    expect([id, score]).toEqual(['a', 1]);
  });

  it('prefer what both orders know to what one of them puts first', () => {
    expect([...fuseRanks(['a', 'both'], ['c', 'both']).keys()][0]).toBe('both');
  });

  it('prefer the vector where the places are alike, and lose nothing', () => {
    expect([...fuseRanks(['a'], ['b']).keys()]).toEqual(['a', 'b']);
    expect([...fuseRanks([], [])]).toEqual([]);
  });
});
