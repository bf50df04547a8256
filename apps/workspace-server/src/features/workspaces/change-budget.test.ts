// Budget limits: what is a number of cents, and what is refused with which text.

import { describe, expect, it } from 'vitest';
import { parseBudgetLimit, toBudgetView } from './change-budget.ts';

const INTEGER = 'budget_limit must be an integer (USD cents) or null';

describe('a budget limit', () => {
  it.each([0, 1, Number.MAX_SAFE_INTEGER, null])('may be %s', (limit) => {
    expect(parseBudgetLimit({ budget_limit: limit })).toBe(limit);
  });

  it.each([
    [{}, 'budget_limit field is required'],
    [{ budget_limit: -1 }, 'budget_limit must be >= 0 (USD cents)'],
    [{ budget_limit: 1.5 }, INTEGER],
    [{ budget_limit: '5' }, INTEGER],
    [{ budget_limit: true }, INTEGER],
    [{ budget_limit: [1] }, INTEGER],
    [{ budget_limit: undefined }, INTEGER],
    [{ budget_limit: Number.MAX_SAFE_INTEGER + 1 }, INTEGER],
  ])('may not be %j', (input, text) => {
    expect(() => parseBudgetLimit(input)).toThrow(text);
  });

  it('leaves less than nothing when more was spent, and no remainder without a limit', () => {
    expect(toBudgetView(100, 150)).toEqual({
      budget_limit: 100,
      monthly_spend: 150,
      budget_remaining: -50,
      budget_used: 150,
    });
    expect(toBudgetView(null, 150).budget_remaining).toBeNull();
  });
});
