// Memories model: scores, origins and values in a person's words.

import { describe, expect, it } from 'vitest';
import { AS_IT_IS, lifetimeSeconds, originOf, readValue, relativeScores, textOfValue } from './model.ts';

const memory = (id: string, score?: number) => ({
  id,
  namespace: 'workspace:a',
  content: 'x',
  framed: 'x',
  kind: 'fact' as const,
  source: 'agent',
  pin: false,
  created_at: '2026-01-01T00:00:00.000Z',
  source_workspace_id: null,
  ...(score === undefined ? {} : { score }),
});

describe('memories', () => {
  it('are scored relative to the best one', () => {
    expect([...relativeScores([memory('a', 4), memory('b', 1), memory('c')])]).toEqual([
      ['a', 1],
      ['b', 0.25],
    ]);
  });

  it('have no scores where nothing was searched', () => {
    expect(relativeScores([memory('a')]).size).toBe(0);
  });

  it('say that their writer is gone', () => {
    expect(originOf({ ...memory('a'), source_workspace_id: 'gone' }, {}).who).toBe('A removed role');
  });

  it('take JSON as JSON and anything else as text', () => {
    expect([readValue('{"a":1}'), readValue('plain'), readValue('7')]).toEqual([{ a: 1 }, 'plain', 7]);
    expect(textOfValue(readValue('plain'))).toBe('plain');
  });

  it('keep the end that a note has, unless somebody chooses another', () => {
    const row = {
      key: 'stop',
      value: 7,
      version: 1,
      updated_at: '2026-01-01T00:00:00.000Z',
      expires_at: '2026-01-01T01:00:00.000Z',
    };
    const now = Date.parse('2026-01-01T00:30:00.000Z');
    expect(lifetimeSeconds(AS_IT_IS, row, now)).toBe(1_800);
    expect(lifetimeSeconds('86400', row, now)).toBe(86_400);
    expect(lifetimeSeconds('', row, now)).toBeNull();
    expect(lifetimeSeconds('', null, now)).toBeNull();
  });
});
