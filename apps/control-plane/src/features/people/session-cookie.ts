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
