// Platform route: an operation of the control plane, with the policies that its callers pass.

import { z } from 'zod';
import type { RouteContract } from './route.ts';

/**
 * Who may call the control plane.
 *
 * - `open`: nobody is asked for a credential.
 * - `person`: somebody who is signed in.
 * - `creator`: a person, a partner key with the route's scope, or the operator.
 * - `member`, `org_admin`, `owner`: a person with that role, or a higher one, in the organisation of the path; a partner
 *   key with the route's scope for it; or the operator.
 * - `operator`: CP_ADMIN_API_TOKEN.
 * - `keyholder`: the operator, or a partner key with the route's scope.
 * - `keyowner`: the operator, or any partner key; which keys it reaches is decided inside.
 * - `tenant`: a tenant by its own token, for itself.
 * - `boot`: a tenant, or a boot token with the scope `boot-event`.
 * - `provision`: a tenant by shared secret and its own token; the family is not there when no secret is set.
 */
export const PLATFORM_POLICIES = [
  'open',
  'person',
  'creator',
  'member',
  'org_admin',
  'owner',
  'operator',
  'keyholder',
  'keyowner',
  'tenant',
  'boot',
  'provision',
] as const;
export type PlatformPolicy = (typeof PLATFORM_POLICIES)[number];

export const PARTNER_SCOPES = [
  'orgs:create',
  'orgs:read',
  'orgs:delete',
  'orgs:export',
  'billing:read',
  'billing:manage',
  'provision:status',
  'admin:keys',
] as const;
export const partnerScope = z.enum(PARTNER_SCOPES);
export type PartnerScope = z.output<typeof partnerScope>;

type Schema = z.ZodType;

export type PlatformRoute<
  P extends Schema | undefined = Schema | undefined,
  Q extends Schema | undefined = Schema | undefined,
  B extends Schema | undefined = Schema | undefined,
  R extends Schema = Schema,
> = RouteContract<P, Q, B, R, PlatformPolicy> & {
  /** What a partner key needs; without it partner keys are refused. */
  scope?: PartnerScope;
};

export function definePlatformRoute<
  R extends Schema,
  P extends Schema | undefined = undefined,
  Q extends Schema | undefined = undefined,
  B extends Schema | undefined = undefined,
>(contract: PlatformRoute<P, Q, B, R>): PlatformRoute<P, Q, B, R> {
  return contract;
}
