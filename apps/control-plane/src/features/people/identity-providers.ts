// Identity providers: sign-in of people by OpenID Connect, with the authorisation code, PKCE, state and nonce.
//
//   O1. What a way through a provider needs stands sealed in a cookie of the browser that began it: a callback in another
//       browser, after FLOW_MS, for another provider or with another state is refused before the provider is asked.
//   O2. A person is the issuer and the subject of a checked ID token, never an address alone.
//   O3. A provider that is away is its own answer; it is asked anew at the next try and slows nothing else.

import type { platform } from '@molecule/contracts';
import { type Clock, openSeal, SealBroken, type SealingKey, type Secret, seal } from '@molecule/kit';
import * as oidc from 'openid-client';

const FLOW_MS = 600_000;
const PROVIDER_LIMIT_SECONDS = 5;
/** What a provider says of itself is read again after so long. */
const DESCRIPTION_MS = 3_600_000;
const PLACE = ['platform', 'sign-in', 'flow'];
export const CALLBACK_PATH = '/cp/auth/callback';

export interface ProviderSettings {
  id: string;
  title: string;
  issuer: string;
  clientId: string;
  clientSecret: Secret;
}

/** Who somebody is at a provider. */
export interface ProvenIdentity {
  issuer: string;
  subject: string;
  /** Null when the provider does not vouch for one. */
  verifiedEmail: string | null;
  name: string;
}

/** Why nobody was signed in; the sign-in page has words for each. */
export class SignInTrouble extends Error {
  override readonly name = 'SignInTrouble';
  readonly code: platform.SignInTroubleCode;
  constructor(code: platform.SignInTroubleCode, cause?: unknown) {
    super(`sign-in by a provider: ${code}`, { cause });
    this.code = code;
  }
}

interface Flow {
  provider: string;
  state: string;
  nonce: string;
  verifier: string;
  returnTo: string;
  endsAt: number;
}

export class IdentityProviders {
  readonly #settings: readonly ProviderSettings[];
  readonly #clock: Clock;
  readonly #key: SealingKey;
  readonly #redirectUri: string;
  readonly #known = new Map<string, { at: number; description: oidc.Configuration }>();

  constructor(options: {
    providers: readonly ProviderSettings[];
    clock: Clock;
    key: SealingKey;
    baseUrl: string;
  }) {
    this.#settings = options.providers;
    this.#clock = options.clock;
    this.#key = options.key;
    this.#redirectUri = new URL(CALLBACK_PATH, options.baseUrl).href;
  }

  list(): { id: string; title: string }[] {
    return this.#settings.map(({ id, title }) => ({ id, title }));
  }

  has(id: string): boolean {
    return this.#settings.some((provider) => provider.id === id);
  }

  /** Where to send the browser, and what it has to bring back. Throws SignInTrouble. */
  async begin(id: string, returnTo: string): Promise<{ url: string; flow: string }> {
    const description = await this.#describe(id);
    const flow: Flow = {
      provider: id,
      state: oidc.randomState(),
      nonce: oidc.randomNonce(),
      verifier: oidc.randomPKCECodeVerifier(),
      returnTo,
      endsAt: this.#clock.now() + FLOW_MS,
    };
    const url = oidc.buildAuthorizationUrl(description, {
      redirect_uri: this.#redirectUri,
      scope: 'openid email profile',
      state: flow.state,
      nonce: flow.nonce,
      code_challenge: await oidc.calculatePKCECodeChallenge(flow.verifier),
      code_challenge_method: 'S256',
    });
    return { url: url.href, flow: seal(this.#key, JSON.stringify(flow), PLACE).toString('base64url') };
  }

  /** Where the browser wanted to go; `/` when the flow is not one of ours. */
  returnPathOf(sealed: string | undefined): string {
    return this.#open(sealed)?.returnTo ?? '/';
  }

  /** `search` is the query of the callback as it came. Throws SignInTrouble. */
  async finish(sealed: string | undefined, search: string): Promise<ProvenIdentity> {
    const flow = this.#open(sealed);
    const answer = new URL(this.#redirectUri);
    answer.search = search;
    if (!flow || answer.searchParams.get('state') !== flow.state) throw new SignInTrouble('not_this_browser');
    const description = await this.#describe(flow.provider);
    try {
      const tokens = await oidc.authorizationCodeGrant(description, answer, {
        pkceCodeVerifier: flow.verifier,
        expectedState: flow.state,
        expectedNonce: flow.nonce,
        idTokenExpected: true,
      });
      const proven = tokens.claims();
      if (!proven) throw new SignInTrouble('provider_refused');
      const { iss, sub, ...inToken } = proven as oidc.IDToken & Record<string, unknown>;
      const more: Record<string, unknown> =
        inToken.email === undefined && description.serverMetadata().userinfo_endpoint !== undefined
          ? await oidc.fetchUserInfo(description, tokens.access_token, sub)
          : {};
      const { email, email_verified, name } = { ...more, ...inToken } as Record<string, unknown>;
      return {
        issuer: iss,
        subject: sub,
        verifiedEmail:
          email_verified === true && typeof email === 'string' && isAddress(email) ? email : null,
        name: typeof name === 'string' ? name.slice(0, 255) : '',
      };
    } catch (error) {
      throw troubleOf(error);
    }
  }

  /** O1. */
  #open(sealed: string | undefined): Flow | null {
    if (!sealed) return null;
    try {
      const flow = JSON.parse(
        openSeal([this.#key], Buffer.from(sealed, 'base64url'), PLACE).reveal(),
      ) as Flow;
      return flow.endsAt > this.#clock.now() && this.has(flow.provider) ? flow : null;
    } catch (error) {
      if (error instanceof SealBroken) return null;
      throw error;
    }
  }

  /** O3. */
  async #describe(id: string): Promise<oidc.Configuration> {
    const known = this.#known.get(id);
    if (known && this.#clock.now() - known.at < DESCRIPTION_MS) return known.description;
    const settings = this.#settings.find((provider) => provider.id === id);
    if (!settings) throw new Error('only a provider of the settings is asked');
    const issuer = new URL(settings.issuer);
    const isPlain = issuer.protocol === 'http:';
    try {
      const description = await oidc.discovery(
        issuer,
        settings.clientId,
        settings.clientSecret.reveal(),
        undefined,
        // The settings allow http on loopback only.
        { timeout: PROVIDER_LIMIT_SECONDS, execute: isPlain ? [oidc.allowInsecureRequests] : [] },
      );
      this.#known.set(id, { at: this.#clock.now(), description });
      return description;
    } catch (error) {
      throw new SignInTrouble('provider_away', error);
    }
  }
}

function isAddress(text: string): boolean {
  return text.length <= 254 && /^[^\s@]+@[^\s@]+$/.test(text);
}

const AWAY = new Set([
  'OAUTH_TIMEOUT',
  'OAUTH_ABORT',
  'OAUTH_RESPONSE_IS_NOT_JSON',
  'OAUTH_RESPONSE_IS_NOT_CONFORM',
]);

function troubleOf(error: unknown): SignInTrouble {
  if (error instanceof SignInTrouble) return error;
  if (error instanceof oidc.ResponseBodyError || error instanceof oidc.WWWAuthenticateChallengeError) {
    return new SignInTrouble(error.status >= 500 ? 'provider_away' : 'provider_refused', error);
  }
  if (error instanceof oidc.AuthorizationResponseError) return new SignInTrouble('provider_refused', error);
  if (error instanceof oidc.ClientError) {
    return new SignInTrouble(AWAY.has(error.code ?? '') ? 'provider_away' : 'provider_refused', error);
  }
  // What the fetch of the platform throws when nobody answers.
  if (error instanceof TypeError && error.cause !== undefined)
    return new SignInTrouble('provider_away', error);
  throw error;
}
