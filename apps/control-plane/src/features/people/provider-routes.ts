// Provider routes: the way of a browser through an identity provider and back, and the list for the sign-in page.

import { platform } from '@molecule/contracts';
import { faults } from '@molecule/domain';
import { parseCookies } from '@molecule/http';
import type { Log } from '@molecule/kit';
import type { PlatformBinder } from '../../access/platform-binder.ts';
import { type IdentityProviders, type ProvenIdentity, SignInTrouble } from './identity-providers.ts';
import type { Person, PersonStore } from './person-store.ts';
import { isOurs } from './return-address.ts';
import { flowCookie, flowOf } from './session-cookie.ts';

export interface ProviderRouteDeps {
  people: PersonStore;
  providers: IdentityProviders;
  log: Log;
  isHttps: boolean;
  appDomain: string;
  isSignUpAllowed(email: string): Promise<boolean>;
  tellTenants(): void;
}

export function bindProviderRoutes(
  bind: PlatformBinder,
  deps: ProviderRouteDeps,
  signIn: (reply: Parameters<Parameters<PlatformBinder>[1]>[0]['reply'], userId: string) => Promise<void>,
): void {
  const { providers, isHttps } = deps;

  bind(platform.listProviders, async () => ({ providers: providers.list() }));

  bind(platform.beginProviderSignIn, async ({ params, query, reply }) => {
    if (!providers.has(params.provider)) throw faults.notFound('there is no such provider');
    const returnTo = query.return_to ?? '/';
    if (!returnTo.startsWith('/') || !isOurs(returnTo, deps)) {
      throw faults.invalidRequest('return_to must be a path of this platform');
    }
    reply.code(303).header('cache-control', 'no-store');
    try {
      const { url, flow } = await providers.begin(params.provider, returnTo);
      return reply.header('set-cookie', flowCookie(flow, isHttps)).header('location', url).send();
    } catch (error) {
      return reply.header('location', tell(error, returnTo)).send();
    }
  });

  bind(platform.finishProviderSignIn, async ({ request, reply }) => {
    const flow = flowOf(parseCookies(request.headers.cookie), isHttps);
    const returnTo = providers.returnPathOf(flow);
    reply.code(303).header('cache-control', 'no-store').header('set-cookie', flowCookie(null, isHttps));
    try {
      const search = request.url.includes('?') ? request.url.slice(request.url.indexOf('?')) : '';
      const person = await enter(deps, await providers.finish(flow, search));
      await signIn(reply, person.id);
      return reply.header('location', returnTo).send();
    } catch (error) {
      return reply.header('location', tell(error, returnTo)).send();
    }
  });

  /** Back to the sign-in page, where a password does without the provider. */
  function tell(error: unknown, returnTo: string): string {
    if (!(error instanceof SignInTrouble)) throw error;
    deps.log.warn(
      { trouble: error.code, reason: reasonOf(error.cause) },
      'nobody was signed in by a provider',
    );
    return `/sign-in?${new URLSearchParams({ trouble: error.code, return_to: returnTo })}`;
  }
}

/** By the subject; else by an address that the provider vouches for; else nobody. */
async function enter(deps: ProviderRouteDeps, identity: ProvenIdentity): Promise<Person> {
  const { issuer, subject, verifiedEmail, name } = identity;
  const known = await deps.people.findByIdentity(issuer, subject);
  if (known) return known;
  if (verifiedEmail === null) throw new SignInTrouble('email_unverified');
  const hasAccount = (await deps.people.findByEmail(verifiedEmail)) !== null;
  if (!hasAccount && !(await deps.isSignUpAllowed(verifiedEmail))) throw new SignInTrouble('not_on_list');
  const linked = await deps.people.link({ issuer, subject, email: verifiedEmail, name });
  if (!linked) throw new SignInTrouble('address_taken');
  deps.tellTenants();
  return linked;
}

/** The library's code for it: words of a provider, codes and tokens stay out of the log. */
function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return 'none';
  const { code } = cause as { code?: unknown };
  return typeof code === 'string' ? code : cause.name;
}
