// Identifiers: what counts as one, and which senders are the server's own.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSystemCallerId, isUuid, parseWorkspaceId } from './ids.ts';

describe('a workspace id', () => {
  it('is any UUID, folded to lower case', () => {
    fc.assert(
      fc.property(fc.uuid(), (id) => {
        expect(parseWorkspaceId(id.toUpperCase())).toBe(id);
        expect(parseWorkspaceId(id)).toBe(id);
      }),
    );
  });

  it.each([
    '',
    'abc',
    '00000000-0000-0000-0000-00000000000',
    '00000000-0000-0000-0000-0000000000000',
    '00000000-0000-0000-0000-000000000000\n',
    ' 00000000-0000-0000-0000-000000000000',
    '{00000000-0000-0000-0000-000000000000}',
    '00000000000000000000000000000000',
    '../../../etc/passwd',
    null,
    undefined,
    7,
    {},
  ])('is not %j', (text) => {
    expect(isUuid(text)).toBe(false);
    expect(parseWorkspaceId(text)).toBeNull();
  });
});

describe('a system caller', () => {
  it('has one of the reserved beginnings, and no UUID is one', () => {
    for (const id of ['webhook:x', 'system:restart', 'test:', 'channel:slack'])
      expect(isSystemCallerId(id)).toBe(true);
    for (const id of ['', 'System:x', 'xsystem:', 'person']) expect(isSystemCallerId(id)).toBe(false);
    fc.assert(
      fc.property(fc.uuid(), (id) => {
        expect(isSystemCallerId(id)).toBe(false);
      }),
    );
  });
});
