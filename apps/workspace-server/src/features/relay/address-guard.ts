// Address guard: refuses addresses that agents may not have, so that nobody can aim the server at its own network.

import { lookup as lookupAll } from 'node:dns';
import { lookup } from 'node:dns/promises';
import { isIP, type LookupFunction } from 'node:net';
import { Fault, faults } from '@molecule/domain';
import ipaddr from 'ipaddr.js';

export interface GuardOptions {
  /** Hosted tenants reach agents in their own private network. */
  isPrivateNetworkAllowed: boolean;
  isDevelopment: boolean;
}

type Range = 'public' | 'loopback' | 'private' | 'blocked';

/** Which kind of address this is. IPv4 inside IPv6 is judged as the IPv4 address it is. */
export function classifyAddress(address: string): Range {
  if (!ipaddr.isValid(address)) return 'blocked';
  const parsed = ipaddr.process(address);
  const range = parsed.range();
  if (range === 'loopback') return 'loopback';
  if (range === 'private') return 'private';
  if (range === 'uniqueLocal') return parsed.toNormalizedString().startsWith('fd') ? 'private' : 'blocked';
  return range === 'unicast' ? 'public' : 'blocked';
}

/** Register and external create: throws INVALID_REQUEST with the reason. `localhost` by name passes without look-up. */
export async function checkAgentUrl(url: string, options: GuardOptions): Promise<void> {
  if (url.trim() === '') throw faults.invalidRequest('url is required');
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (!parsed || (parsed.protocol !== 'http:' && parsed.protocol !== 'https:')) {
    throw faults.invalidRequest('url scheme must be http or https');
  }
  const host = parsed.hostname.replace(/^\[|\]$/g, '');
  if (host === 'localhost') return;
  for (const address of await resolveHost(host)) {
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
  const host = new URL(url).hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) !== 0 && !isDispatchable(host, options)) throw notRoutable();
}

export function notRoutable(): Fault {
  return new Fault('AGENT_UNREACHABLE', NOT_ROUTABLE);
}

/** A look-up for sockets that yields only addresses which may be connected to. */
export function guardedLookup(options: GuardOptions): LookupFunction {
  return (hostname, lookupOptions, callback) => {
    lookupAll(
      hostname,
      { all: true, family: lookupOptions.family as 0 | 4 | 6 | undefined },
      (error, addresses) => {
        if (error) {
          callback(error, '', 4);
          return;
        }
        // One bad address among several refuses the name: which one is connected is not ours to gamble on.
        if (addresses.length === 0 || addresses.some(({ address }) => !isDispatchable(address, options))) {
          callback(Object.assign(new Error(NOT_ROUTABLE), { code: 'ADDRESS_BLOCKED' }), '', 4);
          return;
        }
        if (lookupOptions.all) {
          (callback as unknown as (error: null, all: typeof addresses) => void)(null, addresses);
          return;
        }
        callback(null, addresses[0]?.address ?? '', addresses[0]?.family ?? 4);
      },
    );
  };
}

async function resolveHost(host: string): Promise<string[]> {
  if (host === '') throw faults.invalidRequest('url is required');
  if (isIP(host)) return [host];
  try {
    return (await lookup(host, { all: true })).map((entry) => entry.address);
  } catch {
    throw faults.invalidRequest(`hostname "${host}" cannot be resolved (DNS error)`);
  }
}
