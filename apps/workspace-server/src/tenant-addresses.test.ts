// Proves where a tenant says that it is reached.

import { describe, expect, it } from 'vitest';
import { tenantAddresses } from './tenant-addresses.ts';

const LOCAL = { port: 0, host: '127.0.0.1', externalUrl: null, isLoopback: true };

describe('the addresses of a tenant', () => {
  it('name the port that the system chose, once the server listens', () => {
    const addresses = tenantAddresses(LOCAL);
    addresses.noteListening({ address: '127.0.0.1', family: 'IPv4', port: 4711 });
    expect(addresses.port()).toBe(4711);
    expect(addresses.publicUrl()).toBe('http://127.0.0.1:4711');
    expect(addresses.agentsUrl()).toBe('http://127.0.0.1:4711');
  });

  it.each([
    ['0.0.0.0', 'http://127.0.0.1:80'],
    ['::', 'http://127.0.0.1:80'],
    ['fd00::1', 'http://[fd00::1]:80'],
    ['tenant.internal', 'http://tenant.internal:80'],
  ])('of one that listens on %s say %s to people, and loopback to agents of the machine', (host, url) => {
    const addresses = tenantAddresses({ ...LOCAL, port: 80, host, isLoopback: false });
    expect(addresses.publicUrl()).toBe(url);
    expect(addresses.agentsUrl()).toBe('http://127.0.0.1:80');
  });

  it('say to people what the settings say, when they do', () => {
    const addresses = tenantAddresses({ ...LOCAL, externalUrl: 'https://acme.example.com' });
    expect(addresses.publicUrl()).toBe('https://acme.example.com');
  });
});
