// Platform cookies: by which a browser is signed in at the control plane. The last one is understood when it comes in, and
// never set.

import { parseCookies } from './parse-cookies.ts';

export const PLATFORM_COOKIES = ['__Host-molecule_platform', 'molecule_platform', 'mcp_session'] as const;

/** Those of a Cookie header that are the platform's, as a Cookie header; null when there are none. */
export function pickPlatformCookies(header: string | undefined): string | null {
  const cookies = parseCookies(header);
  const picked = PLATFORM_COOKIES.filter((name) => cookies.get(name)).map(
    (name) => `${name}=${cookies.get(name)}`,
  );
  return picked.length === 0 ? null : picked.join('; ');
}
