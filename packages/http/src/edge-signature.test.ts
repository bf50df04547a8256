// Tests of the edge signature, at both sides of its window.

import { describe, expect, it } from 'vitest';
import { edgeLookupToken, signEdge, tenantEdgeKey, verifyEdge } from './edge-signature.ts';

const NOW = 1_800_000_000_000;
const KEY = tenantEdgeKey('platform', 'org-a');

describe('the signature of the edge', () => {
  it('holds for its organisation within a minute, to both sides (S2)', () => {
    const header = signEdge(KEY, 'org-a', NOW);
    for (const offMs of [0, 59_000, -59_000, 60_000]) {
      expect(verifyEdge(KEY, 'org-a', header, NOW + offMs)).toBe(true);
    }
    for (const offMs of [61_001, -61_001]) expect(verifyEdge(KEY, 'org-a', header, NOW + offMs)).toBe(false);
  });

  it('holds for nobody else (S1, S2)', () => {
    const header = signEdge(KEY, 'org-a', NOW);
    expect(verifyEdge(KEY, 'org-b', header, NOW)).toBe(false);
    expect(verifyEdge(tenantEdgeKey('platform', 'org-b'), 'org-a', header, NOW)).toBe(false);
    expect(verifyEdge(tenantEdgeKey('other', 'org-a'), 'org-a', header, NOW)).toBe(false);
  });

  it.each([undefined, '', '.', 'x.y', '1800000000', '1800000000.', ['a'], `1800000001.${'A'.repeat(43)}`])(
    'is not %j',
    (header) => {
      expect(verifyEdge(KEY, 'org-a', header, NOW)).toBe(false);
    },
  );

  it('shares no key between its uses', () => {
    const keys = [edgeLookupToken('platform'), KEY, tenantEdgeKey('platform', 'edge-lookup')];
    expect(new Set(keys).size).toBe(3);
  });
});
