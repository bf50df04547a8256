// The time that is left for a decision, and which event asks for reading the list again.

import { TIMEOUTS_MS } from '@molecule/domain';
import { describe, expect, it } from 'vitest';
import { deadlineWords, isUrgent, newestApprovalOf, verdictWords } from './model.ts';

describe('deadlineWords', () => {
  it.each([
    [0, '10 min left'],
    [1, '10 min left'],
    [TIMEOUTS_MS.approval - 60_000, '1 min left'],
    [TIMEOUTS_MS.approval - 59_000, '59 s left'],
    [TIMEOUTS_MS.approval, 'time is over'],
  ])('says after %i ms: %s', (ms, words) => {
    expect(deadlineWords(5_000, 5_000 + ms)).toBe(words);
  });

  it('is urgent in the last two minutes', () => {
    expect(isUrgent(0, TIMEOUTS_MS.approval - 120_000)).toBe(false);
    expect(isUrgent(0, TIMEOUTS_MS.approval - 119_999)).toBe(true);
  });
});

describe('newestApprovalOf', () => {
  it('sees events about approvals only', () => {
    const item = (id: string, kind: string) => ({ id, kind }) as never;
    expect(newestApprovalOf([item('1', 'WORKSPACE_ONLINE'), item('2', 'APPROVAL_DENIED')])).toBe('2');
    expect(newestApprovalOf([item('1', 'WORKSPACE_ONLINE')])).toBeUndefined();
  });
});

describe('verdictWords', () => {
  it('names who decided unless it was a person without a name', () => {
    const row = { status: 'approved', decided_by: 'human' } as never;
    expect(verdictWords(row)).toBe('Approved');
    expect(verdictWords({ status: 'denied', decided_by: 'ann' } as never)).toBe('Denied by ann');
  });
});
