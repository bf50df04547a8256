// Table of acme: a route table that knows one tenant, acme, at a port of this machine.

import { join } from 'node:path';
import { type Log, systemClock } from '@molecule/kit';
import { RouteTable } from '../route-table.ts';

export function tableOfAcme(folder: string, upstreamPort: number, log: Log): RouteTable {
  return new RouteTable({
    clock: systemClock,
    log,
    file: join(folder, 'never-written.json'),
    lookUp: async (slug) =>
      slug === 'acme'
        ? {
            slug,
            status: 'running',
            upstream: `http://127.0.0.1:${upstreamPort}`,
            orgId: 'org-a',
            generation: 1,
            slot: 'a',
          }
        : null,
  });
}
