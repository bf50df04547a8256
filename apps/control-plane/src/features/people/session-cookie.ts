// Session cookie of the platform's own host: HttpOnly, SameSite=Strict, host-only. Tenants have cookies of their own on
// their own hosts. Over https it carries the `__Host-` prefix; plain http on loopback cannot.

import { TIMEOUTS_MS } from '@molecule/domain';
import { PLATFORM_COOKIES } from '@molecule/http';

export function platformCookie(value: string | null, isHttps: boolean): string {
  const name = isHttps ? PLATFORM_COOKIES[0] : PLATFORM_COOKIES[1];
  const maxAgeSeconds = value === null ? 0 : Math.floor(TIMEOUTS_MS.session / 1000);
  const secure = isHttps ? '; Secure' : '';
  return `${name}=${value ?? ''}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${maxAgeSeconds}${secure}`;
}

/** Of a way through an identity provider. Lax: it comes back from another site, by a link that the browser follows. */
export function flowCookie(value: string | null, isHttps: boolean): string {
  const maxAgeSeconds = value === null ? 0 : 600;
  const secure = isHttps ? '; Secure' : '';
  return `${flowName(isHttps)}=${value ?? ''}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${maxAgeSeconds}${secure}`;
}

export function flowOf(cookies: ReadonlyMap<string, string>, isHttps: boolean): string | undefined {
  return cookies.get(flowName(isHttps));
}

const flowName = (isHttps: boolean) => (isHttps ? '__Host-molecule_sign_in' : 'molecule_sign_in');
