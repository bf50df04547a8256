// Tenant routes: health, metrics, liveness, what this tenant is, the saved viewport.

import { tenant } from '@molecule/contracts';
import { BUILT_IN_ENGINES, faults, KNOWN_RUNTIMES } from '@molecule/domain';
import type { Binder } from '@molecule/http';
import type { Clock, Supervisor } from '@molecule/kit';
import type { FastifyInstance } from 'fastify';
import type { TenantMetrics } from './metrics.ts';
import type { ViewportStore } from './viewport-store.ts';

export interface TenantRouteDeps {
  clock: Clock;
  startedAt: number;
  version: string;
  gitSha: string;
  build: string;
  /** Null on a self-hosted tenant. */
  hostedOrgId: string | null;
  mode: 'normal' | 'development' | 'production';
  isOpen: boolean;
  backend: string;
  databaseKind: string;
  providerKeys: readonly string[];
  demoTemplate: string;
  metrics: TenantMetrics;
  supervisor: Supervisor;
  viewports: ViewportStore;
  pingDatabase(): Promise<void>;
  isDraining(): boolean;
}

export function bindTenantRoutes(app: FastifyInstance, binder: Binder, deps: TenantRouteDeps): void {
  binder.bind(app, tenant.health, async () => ({
    status: 'ok' as const,
    version: deps.version,
    uptime: Math.round((deps.clock.now() - deps.startedAt) / 1000),
    database: deps.databaseKind,
  }));

  binder.bind(app, tenant.readiness, async () => {
    if (deps.isDraining()) throw faults.draining();
    await deps.pingDatabase();
    return { status: 'ready' as const };
  });

  binder.bind(app, tenant.metrics, async ({ reply }) => {
    reply.header('content-type', 'text/plain; version=0.0.4; charset=utf-8');
    return deps.metrics.print();
  });

  binder.bind(app, tenant.buildInfo, async () => ({ git_sha: deps.gitSha, build: deps.build }));

  binder.bind(app, tenant.liveness, async () => ({
    backend: deps.backend,
    ...(deps.hostedOrgId === null ? {} : { org_id: deps.hostedOrgId }),
    subsystems: Object.fromEntries(
      Object.entries(deps.supervisor.liveness()).map(([name, { lastTickAt }]) => [
        name,
        {
          last_tick_at: new Date(lastTickAt ?? 0).toISOString(),
          seconds_ago: lastTickAt === null ? -1 : Math.round((Date.now() - lastTickAt) / 1000),
        },
      ]),
    ),
  }));

  binder.bind(app, tenant.readTenant, async () => ({
    version: deps.version,
    mode: deps.mode,
    is_open: deps.isOpen,
    backend: deps.backend,
    runtimes: KNOWN_RUNTIMES.map((name) => ({
      name,
      installed: name === 'external' || (BUILT_IN_ENGINES as readonly string[]).includes(name),
      simulated: name === 'rehearsal',
    })),
    provider_keys: [...deps.providerKeys],
    demo_template: deps.demoTemplate,
  }));

  binder.bind(app, tenant.readViewport, async () => deps.viewports.read());

  binder.bind(app, tenant.saveViewport, async ({ body }) => {
    await deps.viewports.save(body);
    return { status: 'saved' as const };
  });
}
