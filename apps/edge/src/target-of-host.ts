// Target of host: who a request is for, by the name under which it came. Every name leads to exactly one place.

import { isIP } from 'node:net';
import { isSlug, RESERVED_SLUGS } from '@molecule/domain';

export type HostTarget = { kind: 'platform' } | { kind: 'tenant'; slug: string } | { kind: 'nobody' };

/** Names of the platform's own, beside the domain itself. */
const PLATFORM_NAMES = new Set(['app', 'www', 'api']);
const NOBODY: HostTarget = { kind: 'nobody' };
const PLATFORM: HostTarget = { kind: 'platform' };

/** The domain itself and the platform's own names below it. */
export function platformNames(appDomain: string): string[] {
  return [appDomain, ...[...PLATFORM_NAMES].map((label) => `${label}.${appDomain}`)];
}

/** `host` is the Host header as it came. An address and `localhost` lead to the platform. */
export function targetOfHost(host: string | undefined, appDomain: string): HostTarget {
  const name = hostName(host);
  if (name === null) return NOBODY;
  if (isIP(name) !== 0 || name === 'localhost' || name === appDomain) return PLATFORM;
  if (!name.endsWith(`.${appDomain}`)) return NOBODY;
  const label = name.slice(0, -appDomain.length - 1);
  if (PLATFORM_NAMES.has(label)) return PLATFORM;
  return isSlug(label) && !RESERVED_SLUGS.has(label) ? { kind: 'tenant', slug: label } : NOBODY;
}

/** Lower case, without port, brackets or the dot of a full name; null when it is no host at all. */
export function hostName(host: string | undefined): string | null {
  const match = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9.-]+?)\.?)(?::\d{1,5})?$/i.exec(host ?? '');
  return (match?.[1] ?? match?.[2])?.toLowerCase() ?? null;
}
