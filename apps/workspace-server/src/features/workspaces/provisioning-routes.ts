// Provisioning routes: what a start left behind.

import { provisioning } from '@molecule/contracts';
import { type Binder, describeCaller } from '@molecule/http';
import type { FastifyInstance } from 'fastify';
import type { EditDeps } from './edit-workspace.ts';
import { type ConsoleDeps, readConsole } from './read-console.ts';
import { reportBootstrapFailed } from './report-bootstrap-failed.ts';

export type ProvisioningRouteDeps = EditDeps & ConsoleDeps;

export function bindProvisioningRoutes(
  app: FastifyInstance,
  binder: Binder,
  deps: ProvisioningRouteDeps,
): void {
  binder.bind(app, provisioning.reportBootstrapFailed, async ({ params, body, caller }) => {
    const hasChanged = await reportBootstrapFailed(deps, describeCaller(caller), params.id, body);
    return hasChanged ? { ok: true as const } : { ok: true as const, no_change: true as const };
  });

  binder.bind(app, provisioning.readConsole, async ({ params }) => ({
    output: await readConsole(deps, params.id),
  }));
}
