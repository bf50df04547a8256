// Ranking in the palette.

import { describe, expect, it } from 'vitest';
import { rankMatch } from './rank-match.ts';

describe('rankMatch', () => {
  it('puts a name that begins so before one that contains it, and that before a description', () => {
    const ranks = [
      rankMatch('Facts Lead\nid', 'fact'),
      rankMatch('Old Facts\nid', 'fact'),
      rankMatch('Artifact\nid', 'fact'),
      rankMatch('Lead\nid', 'fact', ['checks facts']),
    ];
    expect(ranks).toEqual([...ranks].sort((a, b) => b - a));
    expect(new Set(ranks).size).toBe(4);
  });

  it('hides what lacks one of the words, and never searches ids', () => {
    expect(rankMatch('Facts Lead\nid', 'facts report')).toBe(0);
    expect(rankMatch('Lead\nfact', 'fact')).toBe(0);
  });
});
