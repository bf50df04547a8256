// Tests of slugs: shape, reserved names, and names that only look right.

import { describe, expect, it } from 'vitest';
import { isSlug, refuseSlug } from './org-slug.ts';

describe('a slug', () => {
  it.each(['abc', 'acme', 'a-b', 'a1234567890123456789012345678901'])('may be %s', (slug) => {
    expect(refuseSlug(slug)).toBeNull();
  });

  it.each([
    'ab',
    'A-cme',
    '1abc',
    '-abc',
    'abc_d',
    'abc.d',
    'abc ',
    '',
    'a12345678901234567890123456789012',
    'аcme',
    'acme\n',
  ])('may not be %j', (slug) => {
    expect(isSlug(slug)).toBe(false);
    expect(refuseSlug(slug)).toMatch(/^slug must be 3 to 32/);
  });

  it.each([
    'app',
    'www',
    'api',
    'admin',
    'dashboard',
    'billing',
    'status',
    'docs',
    'staging',
    'mail',
    'localhost',
  ])('is reserved when it is %s', (slug) => {
    expect(refuseSlug(slug)).toBe('slug is reserved');
  });

  it('with the prefix of test suites is theirs', () => {
    expect(refuseSlug('e2e-one')).toBe('slug is reserved');
    expect(refuseSlug('ws-1234')).toBe('slug is reserved');
    expect(refuseSlug('e2e-one', { isTest: true })).toBeNull();
  });

  it('is never one that a browser shows as other characters', () => {
    expect(refuseSlug('xn--cme-7cd')).toMatch(/xn--/);
    expect(refuseSlug('acme-')).toMatch(/hyphen/);
  });
});
