// Session cookie of the platform's own host: HttpOnly, SameSite=Strict, host-only. Tenants have cookies of their own on
// their own hosts. Over https it carries the `__Host-` prefix; plain http on loopback cannot.

import { TIMEOUTS_MS } from '@molecule/domain';

/** The last one is understood when it comes in, and never set. */
export const PLATFORM_COOKIES = ['__Host-molecule_platform', 'molecule_platform', 'mcp_session'] as const;

export function platformCookie(value: string | null, isHttps: boolean): string {
  const name = isHttps ? PLATFORM_COOKIES[0] : PLATFORM_COOKIES[1];
  const maxAgeSeconds = value === null ? 0 : Math.floor(TIMEOUTS_MS.session / 1000);
  const secure = isHttps ? '; Secure' : '';
  return `${name}=${value ?? ''}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${maxAgeSeconds}${secure}`;
}
