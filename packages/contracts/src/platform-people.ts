// Platform people: accounts, sign-in and sign-out, terms, and the questions that tenants ask about sessions.

import { z } from 'zod';
import { timestamp, uuid } from './common.ts';
import { definePlatformRoute } from './platform-route.ts';

const email = z
  .string()
  .max(254)
  .regex(/^[^\s@]+@[^\s@]+$/, 'must be an e-mail address');
const returnTo = z.object({ return_to: z.string().max(2_000).optional() });

export const platformHealth = definePlatformRoute({
  name: 'platformHealth',
  method: 'GET',
  path: '/health',
  policy: 'open',
  tag: 'platform',
  summary: 'Is the control plane up?',
  response: z.object({ service: z.literal('molecule-cp'), status: z.literal('ok') }),
});

export const login = definePlatformRoute({
  name: 'login',
  method: 'GET',
  path: '/cp/auth/login',
  policy: 'open',
  tag: 'people',
  summary: 'Leads to the sign-in page',
  query: returnTo,
  response: z.unknown(),
  status: 303,
});

export const signup = definePlatformRoute({
  name: 'signup',
  method: 'GET',
  path: '/cp/auth/signup',
  policy: 'open',
  tag: 'people',
  summary: 'Leads to the sign-up page',
  query: returnTo,
  response: z.unknown(),
  status: 303,
});

export const createAccount = definePlatformRoute({
  name: 'createAccount',
  method: 'POST',
  path: '/cp/auth/accounts',
  policy: 'open',
  tag: 'people',
  summary: 'Make an account and sign this browser in',
  body: z.object({
    email,
    password: z.string().min(10, 'must have 10 characters or more').max(256),
    name: z.string().max(255).optional(),
    accept_terms: z.boolean().optional(),
  }),
  response: z.object({ user_id: uuid }),
  status: 201,
  errors: [403, 409, 429],
});

export const openSession = definePlatformRoute({
  name: 'openSession',
  method: 'POST',
  path: '/cp/auth/sessions',
  policy: 'open',
  tag: 'people',
  summary: 'Sign this browser in',
  body: z.object({ email: z.string().max(254), password: z.string().max(256) }),
  response: z.object({ user_id: uuid }),
  errors: [401, 429],
});

export const listProviders = definePlatformRoute({
  name: 'listProviders',
  method: 'GET',
  path: '/cp/auth/providers',
  policy: 'open',
  tag: 'people',
  summary: 'The identity providers by which people may sign in',
  response: z.object({ providers: z.array(z.object({ id: z.string(), title: z.string() })) }),
});

export const beginProviderSignIn = definePlatformRoute({
  name: 'beginProviderSignIn',
  method: 'GET',
  path: '/cp/auth/providers/:provider/sign-in',
  policy: 'open',
  tag: 'people',
  summary: 'Leads to an identity provider; when that is away, back to the sign-in page',
  params: z.object({ provider: z.string().max(32) }),
  query: z.object({ return_to: z.string().max(1_000).optional() }),
  response: z.unknown(),
  status: 303,
  errors: [404, 429],
});

/** Why a provider signed nobody in: the `trouble` of the sign-in page. */
export const SIGN_IN_TROUBLES = [
  'provider_away',
  'provider_refused',
  'not_this_browser',
  'email_unverified',
  'address_taken',
  'not_on_list',
] as const;
export type SignInTroubleCode = (typeof SIGN_IN_TROUBLES)[number];

export const finishProviderSignIn = definePlatformRoute({
  name: 'finishProviderSignIn',
  method: 'GET',
  path: '/cp/auth/callback',
  policy: 'open',
  tag: 'people',
  summary: 'Where identity providers lead back to: signs the browser in, or says on the sign-in page why not',
  response: z.unknown(),
  status: 303,
  errors: [429],
});

export const readMe = definePlatformRoute({
  name: 'readMe',
  method: 'GET',
  path: '/cp/auth/me',
  policy: 'person',
  tag: 'people',
  summary: 'Who is signed in',
  response: z.object({ user_id: uuid, org_id: uuid.nullable(), email: z.string(), name: z.string() }),
});

export const tenantMember = definePlatformRoute({
  name: 'tenantMember',
  method: 'GET',
  path: '/cp/auth/tenant-member',
  policy: 'person',
  tag: 'people',
  summary: 'Is the person of this session a member of the organisation?',
  query: z.object({ slug: z.string().max(64) }),
  response: z.object({ member: z.literal(true), user_id: uuid }),
  errors: [403],
});

export const termsStatus = definePlatformRoute({
  name: 'termsStatus',
  method: 'GET',
  path: '/cp/auth/terms-status',
  policy: 'person',
  tag: 'people',
  summary: 'Were the terms accepted?',
  response: z.object({ accepted: z.boolean() }),
});

export const acceptTerms = definePlatformRoute({
  name: 'acceptTerms',
  method: 'POST',
  path: '/cp/auth/accept-terms',
  policy: 'person',
  tag: 'people',
  summary: 'Accept the terms',
  response: z.unknown(),
  status: 204,
});

export const logout = definePlatformRoute({
  name: 'logout',
  method: 'POST',
  path: '/cp/auth/logout',
  policy: 'open',
  tag: 'people',
  summary: 'Ends the session of this browser',
  response: z.unknown(),
  status: 204,
});

export const readTerms = definePlatformRoute({
  name: 'readTerms',
  method: 'GET',
  path: '/cp/legal/terms',
  policy: 'open',
  tag: 'platform',
  summary: 'The terms',
  response: z.object({ version: z.string(), text: z.string(), updated_at: timestamp }),
});
