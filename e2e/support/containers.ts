// Containers: what scenarios with a container engine leave behind is cleared here.

import { execFileSync } from 'node:child_process';

const docker = (...args: string[]) =>
  execFileSync('docker', args, { encoding: 'utf8', stdio: 'pipe' }).trim();

/** Those of tenants that have ended; one that is in use stays. */
export function removeNetworks(): void {
  const left = docker('network', 'ls', '-q', '--filter', 'label=molecule.platform.managed=true');
  for (const network of left.split('\n').filter(Boolean)) {
    try {
      docker('network', 'rm', network);
    } catch {
      // In use.
    }
  }
}
