// The tail of a boot log keeps its last bytes, whole characters only.

import { LIMITS } from '@molecule/domain';
import { expect, it } from 'vitest';
import { tailOf } from './report-bootstrap-failed.ts';

it('keeps a log that fits as it is, and says so when it cut one', () => {
  const fits = 'x'.repeat(LIMITS.bootLogTailBytes);
  expect(tailOf(fits)).toBe(fits);
  expect(tailOf(`y${fits}`)).toBe(`...(truncated)...\n${fits}`);
});

it('never begins inside a character', () => {
  const tail = tailOf('€'.repeat(LIMITS.bootLogTailBytes));
  expect(tail).not.toContain('\ufffd');
  expect(Buffer.byteLength(tail)).toBeLessThanOrEqual(LIMITS.bootLogTailBytes + 18);
});
