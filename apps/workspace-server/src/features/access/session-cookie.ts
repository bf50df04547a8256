// Session cookie: HttpOnly, SameSite=Strict, host-only. Over https it carries the `__Host-` prefix; plain http on
// loopback cannot, since not every browser keeps Secure cookies there.

import { TIMEOUTS_MS } from '@molecule/domain';

export const SESSION_COOKIES = ['__Host-molecule_session', 'molecule_session'] as const;

export function sessionCookie(value: string | null, isHttps: boolean): string {
  const name = isHttps ? SESSION_COOKIES[0] : SESSION_COOKIES[1];
  const maxAgeSeconds = value === null ? 0 : Math.floor(TIMEOUTS_MS.session / 1000);
  const secure = isHttps ? '; Secure' : '';
  return `${name}=${value ?? ''}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${maxAgeSeconds}${secure}`;
}
