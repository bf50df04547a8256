// Secrets model: what is overridden, and what names are taken.

import { describe, expect, it } from 'vitest';
import { providerOf, toLines, troubleWithSecretName } from './model.ts';

const AT = '2026-01-01T00:00:00.000Z';
const row = (key: string, scope: 'workspace' | 'global') => ({
  key,
  scope,
  has_value: true as const,
  created_at: AT,
  updated_at: AT,
});

describe('the secrets of a role', () => {
  it('says which of its own stand before one that everybody gets', () => {
    const lines = toLines(
      [row('A', 'workspace'), row('B', 'workspace'), row('C', 'global')],
      [row('A', 'global'), row('C', 'global')],
    );
    expect(lines.map(({ name, isOwn, isOverride }) => [name, isOwn, isOverride])).toEqual([
      ['A', true, true],
      ['B', true, false],
      ['C', false, false],
    ]);
  });

  it('claims no override when the shared ones are unknown', () => {
    expect(toLines([row('A', 'workspace')], undefined)[0]?.isOverride).toBe(false);
  });

  it.each(['', 'A=B', 'A\nB', 'x'.repeat(257)])('takes no secret called %j', (name) => {
    expect(troubleWithSecretName(name)).not.toBeNull();
  });

  it('guesses the provider by the usual names', () => {
    expect([providerOf('OPENAI_API_KEY'), providerOf('MY_KEY')]).toEqual(['openai', null]);
  });
});
