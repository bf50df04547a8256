// Build path: what a route and its values become in an address.

import { describe, expect, it } from 'vitest';
import { buildPath } from './call.ts';

describe('building a path', () => {
  it('encodes a parameter whole, slashes too', () => {
    expect(buildPath('/workspaces/:id/memory/:key', { id: 'a', key: 'x/y z' }, {})).toBe(
      '/workspaces/a/memory/x%2Fy%20z',
    );
  });

  it('fills a wildcard with a path, whose slashes stay', () => {
    expect(
      buildPath('/workspaces/:id/files/*', { id: 'a', '*': 'notes/a b?#.md' }, { root: '/workspace' }),
    ).toBe('/workspaces/a/files/notes/a%20b%3F%23.md?root=%2Fworkspace');
  });

  it('says which value is missing', () => {
    expect(() => buildPath('/workspaces/:id/files/*', { id: 'a' }, {})).toThrow('"*"');
  });
});
