// People routes: accounts, sign-in and sign-out, terms, and what tenants ask about a session.

import { randomBytes } from 'node:crypto';
import { platform } from '@molecule/contracts';
import { faults, formatToken, isSlug, TIMEOUTS_MS } from '@molecule/domain';
import { digestOf } from '@molecule/http';
import type { Clock, Log } from '@molecule/kit';
import type { FastifyReply } from 'fastify';
import type { PlatformCaller } from '../../access/caller.ts';
import type { PlatformBinder } from '../../access/platform-binder.ts';
import type { IdentityProviders } from './identity-providers.ts';
import type { Passwords } from './password.ts';
import type { PersonStore } from './person-store.ts';
import { bindProviderRoutes } from './provider-routes.ts';
import { isOurs } from './return-address.ts';
import { platformCookie } from './session-cookie.ts';
import { TERMS } from './terms.ts';

export interface PeopleDeps {
  people: PersonStore;
  passwords: Passwords;
  providers: IdentityProviders;
  log: Log;
  clock: Clock;
  isHttps: boolean;
  /** The host of `return_to` must be ours. */
  appDomain: string;
  isSignUpAllowed(email: string): Promise<boolean>;
  isMember(userId: string, slug: string): Promise<boolean>;
  tellTenants(): void;
}

export function bindPeopleRoutes(bind: PlatformBinder, deps: PeopleDeps): void {
  const { people, passwords } = deps;

  bind(platform.platformHealth, async () => ({ service: 'molecule-cp' as const, status: 'ok' as const }));

  bind(platform.login, async ({ query, reply }) => lead(reply, '/sign-in', query.return_to, deps));
  bind(platform.signup, async ({ query, reply }) => lead(reply, '/sign-up', query.return_to, deps));

  bind(platform.createAccount, async ({ body, reply }) => {
    if (!(await deps.isSignUpAllowed(body.email))) {
      throw faults.forbidden('this address is not on the list yet');
    }
    const person = await people.create({
      email: body.email,
      name: body.name ?? '',
      passwordHash: await passwords.hash(body.password),
      termsVersion: body.accept_terms ? TERMS.version : null,
    });
    if (!person) throw faults.conflict('there is an account with this address already');
    await signIn(reply, person.id, deps);
    return { user_id: person.id };
  });

  bind(platform.openSession, async ({ body, reply }) => {
    const person = await people.findByEmail(body.email);
    const isRight = await passwords.matches(body.password, person?.passwordHash ?? null);
    if (!person || !isRight) throw faults.invalidCredential('wrong address or password');
    await signIn(reply, person.id, deps);
    return { user_id: person.id };
  });

  bind(platform.readMe, async ({ caller }) => {
    const { person } = asPerson(caller);
    return { user_id: person.id, org_id: null, email: person.email, name: person.name };
  });

  bind(platform.tenantMember, async ({ caller, query }) => {
    const { person } = asPerson(caller);
    if (!isSlug(query.slug) || !(await deps.isMember(person.id, query.slug))) {
      throw faults.forbidden('not a member');
    }
    return { member: true as const, user_id: person.id };
  });

  bind(platform.termsStatus, async ({ caller }) => ({
    accepted: asPerson(caller).person.termsVersion === TERMS.version,
  }));

  bind(platform.acceptTerms, async ({ caller, reply }) => {
    await people.acceptTerms(asPerson(caller).person.id, TERMS.version);
    return reply.code(204).send();
  });

  bind(platform.logout, async ({ caller, reply }) => {
    if (caller.kind === 'person') {
      await people.endSession(caller.sessionId);
      deps.tellTenants();
    }
    return reply.code(204).header('set-cookie', platformCookie(null, deps.isHttps)).send();
  });

  bindProviderRoutes(bind, deps, (reply, userId) => signIn(reply, userId, deps));

  bind(platform.readTerms, async () => ({ ...TERMS }));
}

export function asPerson(caller: PlatformCaller): Extract<PlatformCaller, { kind: 'person' }> {
  if (caller.kind !== 'person') throw faults.authRequired('sign in first');
  return caller;
}

/** The token is kept as a digest before the browser gets it. */
async function signIn(reply: FastifyReply, userId: string, deps: PeopleDeps): Promise<void> {
  const token = formatToken(randomBytes(32).toString('base64url'), 'session');
  await deps.people.openSession(userId, digestOf(token), deps.clock.now() + TIMEOUTS_MS.session);
  reply.header('set-cookie', platformCookie(token, deps.isHttps)).header('cache-control', 'no-store');
}

async function lead(
  reply: FastifyReply,
  page: string,
  returnTo: string | undefined,
  deps: Pick<PeopleDeps, 'appDomain' | 'isHttps'>,
): Promise<FastifyReply> {
  if (returnTo !== undefined && !isOurs(returnTo, deps)) {
    throw faults.invalidRequest('return_to must be an address of this platform');
  }
  const query = returnTo === undefined ? '' : `?return_to=${encodeURIComponent(returnTo)}`;
  return reply.code(303).header('location', `${page}${query}`).send();
}
