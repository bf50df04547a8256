// Compose: the only file that builds real stores, drivers and clocks, and joins the features.

import { chmod, mkdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TOKEN_PATTERN } from '@molecule/domain';
import { digestOf, edgeLookupToken } from '@molecule/http';
import { createLog, Shutdown, Supervisor, systemClock } from '@molecule/kit';
import { migrate, type RunningPostgres, startPostgres } from '@molecule/postgres';
import { createPlatformAuthorize } from './access/authorize-platform.ts';
import { createPlatformIdentifier } from './access/identify-platform-caller.ts';
import { PlatformRateLimit } from './access/platform-rate-limit.ts';
import type { Config } from './config.ts';
import { NO_CREDITS, OrgOfRequest } from './features/orgs/index.ts';
import { PgOrgStore } from './features/orgs/org-store.pg.ts';
import { Passwords, PLATFORM_COOKIES, TERMS } from './features/people/index.ts';
import { PgPersonStore } from './features/people/person-store.pg.ts';
import {
  describeProvisioning,
  ProvisionNews,
  ProvisionWatch,
  Reconciler,
} from './features/provisioning/index.ts';
import { CredentialBox, createCallTenant, Seal, type TenantRow } from './features/tenants/index.ts';
import { PgTenantStore } from './features/tenants/tenant-store.pg.ts';
import type { PlacementDriver, TenantSpec } from './placement/driver.ts';
import { FakeDriver } from './placement/fake/fake-driver.ts';
import { ProcessDriver } from './placement/process/process-driver.ts';
import { loadPlatformIdentity } from './platform-identity.ts';
import { createProbe } from './probe-public-name.ts';
import { buildServer } from './server.ts';

const REPOSITORY = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');
const RECONCILE_MS = 1_000;

export interface ControlPlane {
  url: string;
  stop(reason: string): Promise<{ isClean: boolean }>;
}

export async function startControlPlane(config: Config): Promise<ControlPlane> {
  await mkdir(config.dataDir, { recursive: true });
  // Tenants run as users of their own and pass through this folder to theirs; what is secret in it has mode 0600.
  await chmod(config.dataDir, 0o711);
  const log = createLog({
    level: config.logLevel,
    file: join(config.dataDir, 'control-plane.log'),
    hide: TOKEN_PATTERN,
  });
  const postgres = await startPostgres({
    dataDir: join(config.dataDir, 'platform-database'),
    databaseUrl: config.databaseUrl,
    log,
  });
  try {
    return await startOn(config, postgres, log);
  } catch (error) {
    await postgres.stop();
    throw error;
  }
}

async function startOn(
  config: Config,
  pg: RunningPostgres,
  log: ReturnType<typeof createLog>,
): Promise<ControlPlane> {
  const clock = systemClock;
  const { db } = pg;
  await migrate(db, join(REPOSITORY, 'apps/control-plane/migrations'));
  const identity = await loadPlatformIdentity(config);
  const shutdown = new Shutdown(log);
  const supervisor = new Supervisor(log);
  let isWholePlatformStopped = false;

  const people = new PgPersonStore(db, clock);
  const orgs = new PgOrgStore(db, clock);
  const tenants = new PgTenantStore(db, clock);
  const box = new CredentialBox(new Seal(identity.encryptionKey.reveal()), config.edgeKey);
  const call = createCallTenant(clock);
  const driver = createDriver(config, log);
  const isHttps = config.baseUrl.startsWith('https:');
  const publicUrlOf = (slug: string) => tenantUrl(config, slug);

  const specOf = (tenant: TenantRow): TenantSpec => {
    const credentials = box.open(tenant);
    if (!credentials) throw new Error('a tenant is placed after its credentials were made');
    return {
      orgId: tenant.orgId,
      slug: tenant.slug,
      publicUrl: publicUrlOf(tenant.slug),
      platformUrl: config.baseUrl,
      image: tenant.image,
      provisionSecret: identity.provisionSecret,
      ...credentials,
    };
  };
  const news = new ProvisionNews();
  const watch = new ProvisionWatch(news, clock);
  const reconcileSoon = () => supervisor.poke('reconcile');
  const reconciler = new Reconciler({
    tenants,
    driver,
    box,
    call,
    specOf,
    clock,
    log,
    probePublicName: config.driver === 'fake' ? null : createProbe(config, clock),
    tell: (orgId) => news.tell(orgId),
    purge: async () => {},
  });

  const orgOf = new OrgOfRequest();
  const app = await buildServer({
    log,
    consoleDir: join(REPOSITORY, 'apps/control-plane/console'),
    rateLimit: new PlatformRateLimit(clock, config.edgeKey.reveal()),
    identify: createPlatformIdentifier({
      operatorDigest: digestOf(identity.adminToken.reveal()),
      edgeDigest: digestOf(edgeLookupToken(config.edgeKey.reveal())),
      provisionDigest: digestOf(identity.provisionSecret.reveal()),
      sessionCookieNames: PLATFORM_COOKIES,
      findSession: (digest) => people.findSession(digest),
      findTenant: (digest) => tenants.findByToken(digest),
      findPartnerKey: async () => null,
      readBootToken: async () => null,
    }),
    authorize: createPlatformAuthorize(orgs, orgOf),
    people: {
      people,
      passwords: new Passwords(),
      clock,
      isHttps,
      appDomain: config.appDomain,
      isSignUpAllowed: async () => config.isSignUpOpen,
      isMember: async (userId, slug) => {
        const org = await orgs.find(slug);
        return org !== null && (await orgs.roleOf(org.id, userId)) !== null;
      },
    },
    orgs: {
      orgs,
      tenants,
      box,
      call,
      orgOf,
      watch,
      publicUrlOf,
      reconcileSoon,
      driverName: driver.name,
      termsVersion: TERMS.version,
      paidPlans: new Set(),
      creditsOf: async () => NO_CREDITS,
      describe: (orgId) => describeProvisioning(tenants, orgId),
    },
  });

  supervisor.add({ name: 'reconcile', intervalMs: RECONCILE_MS, run: () => reconciler.round() });
  await app.listen({ port: config.port, host: config.host });
  supervisor.start();

  shutdown.on('watchers', async () => watch.stop());
  shutdown.on('server', async () => {
    app.server.closeIdleConnections();
    await app.close();
  });
  shutdown.on('loops', () => supervisor.stop());
  shutdown.on('reconciler', () => reconciler.stop(), 15_000);
  shutdown.on('tenants', () => (isWholePlatformStopped ? stopTenants(driver) : Promise.resolve()), 25_000);
  shutdown.on('database', () => pg.stop(), 20_000);
  const address = app.server.address();
  const port = typeof address === 'object' && address ? address.port : config.port;
  return {
    url: `http://${config.host}:${port}`,
    stop: (reason) => {
      isWholePlatformStopped = reason === 'SIGINT';
      return shutdown.run(reason);
    },
  };
}

function createDriver(config: Config, log: ReturnType<typeof createLog>): PlacementDriver {
  if (config.driver === 'fake') return new FakeDriver();
  return new ProcessDriver({
    root: join(config.dataDir, 'tenants'),
    mainOf: () => join(REPOSITORY, 'apps/workspace-server/dist/main.js'),
    programPath: config.programPath,
    isWeakIsolationAccepted: config.isWeakIsolationAccepted,
    log,
  });
}

/** Somebody stops everything that runs here (Ctrl-C); the next start brings back what is wanted. */
async function stopTenants(driver: PlacementDriver): Promise<void> {
  if (!driver.capabilities.stopsWithPlatform) return;
  await Promise.all((await driver.list()).map((orgId) => driver.stop(orgId)));
}

/** `https://acme.example`, with the port of the platform's own address where it has one. */
function tenantUrl(config: Pick<Config, 'baseUrl' | 'appDomain'>, slug: string): string {
  const base = new URL(config.baseUrl);
  return `${base.protocol}//${slug}.${config.appDomain}${base.port === '' ? '' : `:${base.port}`}`;
}
