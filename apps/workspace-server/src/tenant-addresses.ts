// Tenant addresses: where this tenant is reached, by people and by the agents on its own machine.

import type { AddressInfo } from 'node:net';
import type { Config } from './config.ts';

export interface TenantAddresses {
  port(): number;
  publicUrl(): string;
  /** For agents on this machine. */
  agentsUrl(): string;
  /** Port 0 lets the system choose: the real one is known once the server listens. */
  noteListening(address: AddressInfo | string | null): void;
}

export function tenantAddresses(
  config: Pick<Config, 'port' | 'host' | 'externalUrl' | 'isLoopback'>,
): TenantAddresses {
  let port = config.port;
  return {
    port: () => port,
    publicUrl: () => config.externalUrl ?? `http://${urlHost(config.host)}:${port}`,
    agentsUrl: () => `http://${config.isLoopback ? urlHost(config.host) : '127.0.0.1'}:${port}`,
    noteListening(address) {
      if (typeof address === 'object' && address) port = address.port;
    },
  };
}

function urlHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}
