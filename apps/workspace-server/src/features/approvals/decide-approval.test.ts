// What a decision may look like on the wire.

import { describe, expect, it } from 'vitest';
import { parseVerdict } from './decide-approval.ts';

describe('a decision', () => {
  it.each([
    [{ decision: 'approved' }, 'approved'],
    [{ decision: 'approve' }, 'approved'],
    [{ approved: true }, 'approved'],
    [{ approved: true, decision: 'approved' }, 'approved'],
    [{ decision: 'denied' }, 'denied'],
    [{ decision: 'deny' }, 'denied'],
    [{ decision: 'reject' }, 'denied'],
    [{ decision: 'rejected' }, 'denied'],
    [{ approved: false }, 'denied'],
  ])('is read from %j', (body, status) => {
    expect(parseVerdict(body).status).toBe(status);
  });

  it.each([
    [{}],
    [{ decision: 'maybe' }],
    [{ decision: '' }],
    [{ decision: 'toString' }],
    [{ decision: 'APPROVED' }],
    [{ decision: 'approved', approved: false }],
    [{ decision: 'perhaps', approved: true }],
  ])('is refused in %j', (body) => {
    expect(() => parseVerdict(body)).toThrow("decision must be 'approved' or 'denied'");
  });
});
