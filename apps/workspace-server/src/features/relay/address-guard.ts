// Address guard: refuses addresses that agents may not have, so that nobody can aim the server at its own network.

import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { faults } from '@molecule/domain';
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

/** Dispatch to an address that an agent reported: the URL with the checked address to connect to. */
export async function checkDispatchUrl(url: string, options: GuardOptions): Promise<void> {
  const host = new URL(url).hostname.replace(/^\[|\]$/g, '');
  for (const address of await resolveHost(host)) {
    const range = classifyAddress(address);
    const isAllowed =
      range === 'public' ||
      (range === 'loopback' && options.isDevelopment) ||
      (range === 'private' && (options.isPrivateNetworkAllowed || options.isDevelopment));
    if (!isAllowed) {
      throw faults.agentUnreachable(new Error(`workspace URL is not publicly routable: ${range}`));
    }
  }
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
