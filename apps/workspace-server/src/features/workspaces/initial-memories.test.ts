// Initial memories are read leniently, and whatever of them is not kept is said.

import { LIMITS } from '@molecule/domain';
import { describe, expect, it } from 'vitest';
import {
  type InitialMemories,
  NO_MEMORIES,
  planInitialMemories,
  readInitialMemories,
} from './initial-memories.ts';

describe('initial memories', () => {
  it.each([
    ['a plain one is local', { content: 'a' }, [{ content: 'a', scope: 'LOCAL' }]],
    ['every scope is taken', { content: 'a', scope: 'TEAM' }, [{ content: 'a', scope: 'TEAM' }]],
    ['a null scope is local', { content: 'a', scope: null }, [{ content: 'a', scope: 'LOCAL' }]],
    ['an unknown scope is skipped', { content: 'a', scope: 'WORLD' }, []],
    ['a scope in small letters is read', { content: 'a', scope: 'team' }, [{ content: 'a', scope: 'TEAM' }]],
    ['no content is skipped', { scope: 'TEAM' }, []],
    ['blank content is skipped', { content: '  ' }, []],
    ['another type is skipped', 'text', []],
    ['null is skipped', null, []],
  ])('%s', (_, entry, expected) => {
    expect(readInitialMemories([entry])).toEqual(expected);
  });

  it('are cut at their limit, on both sides of it', () => {
    const [whole, cut] = readInitialMemories([
      { content: 'x'.repeat(LIMITS.initialMemoryChars) },
      { content: 'x'.repeat(LIMITS.initialMemoryChars + 1) },
    ]);
    expect(whole?.content).toHaveLength(LIMITS.initialMemoryChars);
    expect(cut?.content).toHaveLength(LIMITS.initialMemoryChars);
  });

  it('that were skipped or not stored are said', () => {
    const input = [{ content: 'a' }, { content: 'b' }, 7];
    const workspace = { id: 'w', parentId: null };
    expect(planInitialMemories(NO_MEMORIES, workspace, input).warnings).toEqual([
      '1 of 3 initial memories are not valid and were skipped',
      '2 of 3 initial memories were not stored: this server keeps no memories',
    ]);
    const all: InitialMemories = { plan: () => ({ ...NO_MEMORIES.plan(workspace, []), stored: 2 }) };
    expect(planInitialMemories(all, workspace, input.slice(0, 2)).warnings).toEqual([]);
    expect(planInitialMemories(NO_MEMORIES, workspace, []).warnings).toEqual([]);
  });
});
