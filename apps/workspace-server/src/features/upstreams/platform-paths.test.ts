// What of the control plane a tenant lets through, by method and path.

import { describe, expect, it } from 'vitest';
import { isLetThrough, isPlatformPath } from './platform-paths.ts';

describe('a path of the platform', () => {
  it.each([
    ['GET', '/cp/auth/me'],
    ['GET', '/cp/auth/login?return_to=/x//y'],
    ['GET', '/cp/orgs'],
    ['GET', '/cp/orgs?limit=1'],
    ['POST', '/cp/orgs/acme/members'],
    ['DELETE', '/cp/billing/x'],
    ['POST', '/cp/billing/checkout'],
    ['GET', '/cp/templates'],
    ['GET', '/cp/templates/one'],
    ['GET', '/cp/legal/terms'],
  ])('passes: %s %s', (method, target) => {
    expect(isLetThrough(method, target)).toBe(true);
  });

  it.each([
    ['GET', '/cp'],
    ['GET', '/cp/'],
    ['GET', '/cp/auth'],
    ['GET', '/cp/authors'],
    ['GET', '/cp/orgsx'],
    ['GET', '/cp/billing'],
    ['GET', '/cp/admin/orgs'],
    ['POST', '/cp/workspaces/provision'],
    ['GET', '/cp/tenants/config'],
    ['GET', '/cp/orgs/../admin/orgs'],
    ['GET', '/cp/orgs/./x'],
    ['GET', '/cp/orgs/%2e%2e/admin'],
    ['GET', '/cp/orgs/%2Fadmin'],
    ['GET', '/cp/orgs/a%5Cb'],
    ['GET', '/cp/orgs\\admin'],
    ['GET', '/cp//orgs'],
    ['GET', '/cp/orgs/%00'],
    ['GET', 'http://elsewhere/cp/orgs/acme'],
    ['DELETE', '/cp/orgs/acme'],
    ['DELETE', '/cp/orgs/acme/members/1'],
  ])('stays here: %s %s', (method, target) => {
    expect(isLetThrough(method, target)).toBe(false);
  });

  it('is told from those of the tenant', () => {
    expect(['/cp', '/cp/x', '/cpx', '/c'].map(isPlatformPath)).toEqual([true, true, false, false]);
  });
});
