// Address guard: refuses addresses that agents may not have, so that nobody can aim the server at its own network.
//
//   S1. What is judged is an address, as the URL parser and the resolver understand it, never the text of a URL.
//   S2. What is judged is what is connected: names are looked up once, by the connection, and judged there.
//   S3. Public is what is known to be; everything else is refused. One bad address among several refuses a name.

import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';
import { isIP, type LookupFunction } from 'node:net';
import { Fault, faults } from '@molecule/domain';
import ipaddr from 'ipaddr.js';

export interface GuardOptions {
  /** Hosted tenants reach agents in their own private network. */
  isPrivateNetworkAllowed: boolean;
  isDevelopment: boolean;
  /** All addresses of a name; the operating system's resolver when absent. */
  resolve?: ResolveHost;
}

export type ResolveHost = (host: string, family?: 4 | 6) => Promise<LookupAddress[]>;

const resolveBySystem: ResolveHost = (host, family) => lookup(host, { all: true, family: family ?? 0 });

type Range = 'public' | 'loopback' | 'private' | 'blocked';

/** Which kind of address this is. IPv4 inside IPv6 is judged as the IPv4 address it is. */
export function classifyAddress(address: string): Range {
  // Strictly four decimal numbers, or IPv6: what other readers would take for octal or hexadecimal is no address here.
  if (isIP(address) === 0 || !ipaddr.isValid(address)) return 'blocked';
  const parsed = ipaddr.process(address);
  const range = parsed.range();
  if (range === 'loopback') return 'loopback';
  if (range === 'private') return 'private';
  if (range === 'uniqueLocal') return parsed.toNormalizedString().startsWith('fd') ? 'private' : 'blocked';
  if (range !== 'unicast') return 'blocked';
  // Only 2000::/3 was ever given out; elsewhere in IPv6 nothing public can answer.
  const isGlobal = parsed.kind() === 'ipv4' || (parsed.toByteArray()[0] ?? 0) >> 5 === 0b001;
  return isGlobal ? 'public' : 'blocked';
}

/** Register and external create: throws INVALID_REQUEST with the reason. `localhost` by name passes without look-up. */
export async function checkAgentUrl(url: string, options: GuardOptions): Promise<void> {
  if (url.trim() === '') throw faults.invalidRequest('url is required');
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (!parsed || (parsed.protocol !== 'http:' && parsed.protocol !== 'https:')) {
    throw faults.invalidRequest('url scheme must be http or https');
  }
  const host = hostOf(parsed);
  if (host === 'localhost') return;
  for (const address of await resolveHost(host, options)) {
    const range = classifyAddress(address);
    const isAllowed = range === 'public' || (range === 'private' && options.isPrivateNetworkAllowed);
    if (!isAllowed) throw faults.invalidRequest(`url targets a blocked address: ${range}`);
  }
}

/** May the relay connect to this address, which an agent reported? */
export function isDispatchable(address: string, options: GuardOptions): boolean {
  const range = classifyAddress(address);
  return (
    range === 'public' ||
    (range === 'loopback' && options.isDevelopment) ||
    (range === 'private' && (options.isPrivateNetworkAllowed || options.isDevelopment))
  );
}

export const NOT_ROUTABLE = 'workspace URL is not publicly routable';

/** Address literals are judged here; names when they are looked up for a connection, so that what is judged is what is connected. */
export function checkDispatchUrl(url: string, options: GuardOptions): void {
  const host = hostOf(new URL(url));
  if (isIP(host) !== 0 && !isDispatchable(host, options)) throw notRoutable();
}

export function notRoutable(): Fault {
  return new Fault('AGENT_UNREACHABLE', NOT_ROUTABLE);
}

/** Discover hands out an address only if the relay would connect to it too. */
export async function isUrlDispatchable(url: string, options: GuardOptions): Promise<boolean> {
  if (!URL.canParse(url)) return false;
  const host = hostOf(new URL(url));
  if (isIP(host) !== 0) return isDispatchable(host, options);
  try {
    const addresses = await (options.resolve ?? resolveBySystem)(host);
    return addresses.length > 0 && addresses.every(({ address }) => isDispatchable(address, options));
  } catch {
    // A name that is not known has no address to be called at.
    return false;
  }
}

/** A look-up for sockets that yields only addresses which may be connected to. */
export function guardedLookup(options: GuardOptions): LookupFunction {
  const resolve = options.resolve ?? resolveBySystem;
  return (hostname, lookupOptions, callback) => {
    const family =
      lookupOptions.family === 4 || lookupOptions.family === 6 ? lookupOptions.family : undefined;
    resolve(hostname, family).then(
      (addresses) => {
        if (addresses.length === 0 || addresses.some(({ address }) => !isDispatchable(address, options))) {
          callback(Object.assign(new Error(NOT_ROUTABLE), { code: 'ADDRESS_BLOCKED' }), '', 4);
          return;
        }
        if (lookupOptions.all) {
          (callback as unknown as (error: null, all: LookupAddress[]) => void)(null, addresses);
          return;
        }
        callback(null, addresses[0]?.address ?? '', addresses[0]?.family ?? 4);
      },
      (error: NodeJS.ErrnoException) => callback(error, '', 4),
    );
  };
}

async function resolveHost(host: string, options: GuardOptions): Promise<string[]> {
  if (host === '') throw faults.invalidRequest('url is required');
  if (isIP(host)) return [host];
  try {
    return (await (options.resolve ?? resolveBySystem)(host)).map((entry) => entry.address);
  } catch {
    throw faults.invalidRequest(`hostname "${host}" cannot be resolved (DNS error)`);
  }
}

function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '');
}
