// Compose: the only file that builds real stores, drivers and clocks, and joins the features.

import { chmod, mkdir, readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TOKEN_PATTERN } from '@molecule/domain';
import { digestOf, edgeLookupToken, PLATFORM_COOKIES } from '@molecule/http';
import {
  createLog,
  type Log,
  parseSealingKey,
  Secret,
  SettingsError,
  Shutdown,
  Supervisor,
  systemClock,
} from '@molecule/kit';
import { migrate, type RunningPostgres, startPostgres } from '@molecule/postgres';
import { createPlatformAuthorize } from './access/authorize-platform.ts';
import { createPlatformIdentifier } from './access/identify-platform-caller.ts';
import { PlatformRateLimit } from './access/platform-rate-limit.ts';
import { createDriver, createSealer, stopTenants } from './compose-placement.ts';
import type { Config, OidcProvider } from './config.ts';
import { PgAdminStore } from './features/admin/admin-store.pg.ts';
import { PgBillingStore } from './features/billing/billing-store.pg.ts';
import {
  type BillingProvider,
  LocalBilling,
  PLANS,
  StripeBilling,
  TRIAL_CREDITS,
} from './features/billing/index.ts';
import { driveRollout, proveRelease } from './features/fleet/index.ts';
import { PgRolloutStore } from './features/fleet/rollout-store.pg.ts';
import { PgKeyStore } from './features/keys/key-store.pg.ts';
import { purgeOrg, resumePurges } from './features/lifecycle/index.ts';
import { PgLifecycleStore } from './features/lifecycle/lifecycle-store.pg.ts';
import { PgMemberStore } from './features/members/member-store.pg.ts';
import { type Org, OrgOfRequest, openTenant } from './features/orgs/index.ts';
import { PgOrgStore } from './features/orgs/org-store.pg.ts';
import { IdentityProviders, Passwords, type ProviderSettings, TERMS } from './features/people/index.ts';
import { PgPersonStore } from './features/people/person-store.pg.ts';
import {
  describeProvisioning,
  ProvisionNews,
  ProvisionWatch,
  Reconciler,
} from './features/provisioning/index.ts';
import { RevocationFeed } from './features/tenant-door/index.ts';
import { PgReportStore } from './features/tenant-door/report-store.pg.ts';
import {
  type CallTenant,
  CredentialBox,
  claimedOrg,
  createCallTenant,
  type TenantRow,
  verifyBootToken,
} from './features/tenants/index.ts';
import { PgTenantStore } from './features/tenants/tenant-store.pg.ts';
import { PgUnitStore } from './features/units/unit-store.pg.ts';
import type { TenantSpec } from './placement/driver.ts';
import { FakeDriver } from './placement/fake/fake-driver.ts';
import { loadPlatformIdentity, type PlatformIdentity } from './platform-identity.ts';
import { createProbe } from './probe-public-name.ts';
import { readShippedTemplates } from './read-templates.ts';
import { buildServer } from './server.ts';

const REPOSITORY = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');
const UNIT_MAIN = join(REPOSITORY, 'apps/workspace-runtime/dist/main.js');
const RECONCILE_MS = 1_000;
/** Between the end of one look at the whole fleet and the next. */
const LOOKS_MS = 5_000;
const LOOKS_LIMIT_MS = 600_000;
const DRIVE_MS = 1_000;
const PURGES_MS = 60_000;
const TIDY_MS = 3_600_000;
/** Twice as long as a tenant that is cut off keeps its sessions. */
const REVOCATIONS_KEPT_MS = 48 * 3_600_000;

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
    await migrate(postgres.db, join(REPOSITORY, 'apps/control-plane/migrations'));
    return await startOn(config, await loadPlatformIdentity(config), postgres, log);
  } catch (error) {
    await postgres.stop();
    throw error;
  }
}

async function startOn(
  config: Config,
  identity: PlatformIdentity,
  pg: RunningPostgres,
  log: Log,
): Promise<ControlPlane> {
  const clock = systemClock;
  const { db } = pg;
  const shutdown = new Shutdown(log);
  const supervisor = new Supervisor(log);
  const edgeKey = config.edgeKey.reveal();
  const isHttps = config.baseUrl.startsWith('https:');
  const publicUrlOf = (slug: string) => tenantUrl(config, slug);
  let isWholePlatformStopped = false;

  // State.
  const people = new PgPersonStore(db, clock);
  const orgs = new PgOrgStore(db, clock);
  const tenants = new PgTenantStore(db, clock);
  const members = new PgMemberStore(db, clock);
  const keys = new PgKeyStore(db, clock);
  const billing = new PgBillingStore(db, clock);
  const admin = new PgAdminStore(db, clock);
  const reports = new PgReportStore(db, clock);
  const rollouts = new PgRolloutStore(db, clock);
  const lifecycle = new PgLifecycleStore(db, clock, (id) => orgs.find(id));

  // Tenants and how they are reached.
  const driver = await createDriver(config, {
    repository: REPOSITORY,
    unitMain: UNIT_MAIN,
    platformId: identity.platformId,
    log,
    clock,
  });
  const box = new CredentialBox(await createSealer(config, identity, clock), config.edgeKey);
  const call: CallTenant =
    driver instanceof FakeDriver
      ? async ({ orgId }, _method, path) => driver.answer(orgId, path)
      : createCallTenant(clock);
  const specOf = async (tenant: TenantRow): Promise<TenantSpec> => {
    const credentials = await box.open(tenant);
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
  const reach = { tenants, box, call };

  // What runs by itself.
  const news = new ProvisionNews();
  const watch = new ProvisionWatch(news, clock);
  const feed = new RevocationFeed(reports, clock);
  const reconcileSoon = () => supervisor.poke('reconcile');
  const driveSoon = () => supervisor.poke('rollouts');
  const tellTenants = () => feed.tell();
  const provider: BillingProvider = config.stripe
    ? new StripeBilling(config.stripe, billing, log)
    : new LocalBilling(billing, () => clock.now());
  const purge = { lifecycle, tenants, driver, billing: provider, log };
  const boot = {
    ...reach,
    driver,
    specOf,
    probePublicName: config.driver === 'fake' ? null : createProbe(config, clock),
  };
  const reconciler = new Reconciler({
    ...boot,
    clock,
    log,
    tell: (orgId) => news.tell(orgId),
    again: () => reconcileSoon(),
    purge: async ({ orgId }) => {
      const open = await lifecycle.openPurge(orgId);
      if (open) await purgeOrg(purge, open);
    },
  });
  const prove = (orgId: string, target: string) => proveRelease({ ...reach, driver, clock }, orgId, target);

  // Use-cases' dependencies.
  const orgOf = new OrgOfRequest();
  const creditsOf = async (org: Org) => {
    const { balance, overage } = await billing.credits(org.id);
    const plan = PLANS[org.plan];
    return { balance, monthly: plan.monthlyCredits, overageUsed: overage, overageCap: plan.overageCap };
  };
  const describe = (orgId: string) => describeProvisioning(tenants, orgId);
  const create = {
    orgs,
    driverName: driver.name,
    termsVersion: TERMS.version,
    paidPlans: provider.paidPlans,
    reconcileSoon,
    checkRoom: () => driver.checkRoom(''),
    welcome: async (org: Org) => {
      await billing.grant(org.id, TRIAL_CREDITS, 'trial', 'trial');
    },
  };

  const app = await buildServer({
    log,
    consoleDir: join(REPOSITORY, 'apps/control-plane/console'),
    rateLimit: new PlatformRateLimit(clock, edgeKey),
    identify: createPlatformIdentifier({
      operatorDigest: digestOf(identity.adminToken.reveal()),
      edgeDigest: digestOf(edgeLookupToken(edgeKey)),
      provisionDigest: digestOf(identity.provisionSecret.reveal()),
      sessionCookieNames: PLATFORM_COOKIES,
      findSession: (digest) => people.findSession(digest),
      findTenant: (digest) => tenants.findByToken(digest),
      findPartnerKey: async (digest) => {
        const key = await keys.use(digest);
        return (
          key && {
            kind: 'partner' as const,
            keyId: key.id,
            partnerId: key.partnerId,
            orgId: key.orgId,
            scopes: key.scopes,
            rateLimitPerMinute: key.rateLimit,
            isTest: key.prefix.startsWith('mol_pk_test_'),
          }
        );
      },
      readBootToken: async (token) => {
        const claimed = claimedOrg(token);
        const tenant = claimed === null ? null : await tenants.find(claimed);
        const credentials = tenant && (await box.open(tenant));
        const proven = credentials && verifyBootToken(credentials.adminToken.reveal(), token, clock.now());
        return proven
          ? { kind: 'boot' as const, orgId: proven.org, workspaceId: proven.wsid, scopes: proven.scope }
          : null;
      },
    }),
    authorize: createPlatformAuthorize(orgs, orgOf),
    people: {
      people,
      passwords: new Passwords(),
      providers: new IdentityProviders({
        providers: await Promise.all(config.oidcProviders.map(withSecret)),
        clock,
        key: parseSealingKey(digestOf(`sign-in:${identity.encryptionKey.reveal()}`).toString('hex')),
        baseUrl: config.baseUrl,
      }),
      log,
      clock,
      isHttps,
      appDomain: config.appDomain,
      isSignUpAllowed: async (email) => config.isSignUpOpen || (await admin.isAllowed(email)),
      isMember: async (userId, slug) => {
        const org = await orgs.find(slug);
        return org !== null && (await orgs.roleOf(org.id, userId)) !== null;
      },
      tellTenants,
    },
    orgs: { ...create, ...reach, orgOf, watch, publicUrlOf, creditsOf, describe },
    members: { members, orgs, orgOf, clock, baseUrl: config.baseUrl, tellTenants },
    lifecycle: {
      ...purge,
      ...reach,
      orgs,
      members,
      orgOf,
      creditsOf,
      publicUrlOf,
      reconcileSoon,
      tellTenants,
    },
    keys: { keys, orgs, clock },
    billing: {
      billing,
      provider,
      orgs,
      orgOf,
      clock,
      isHttps,
      appDomain: config.appDomain,
      stripeWebhookSecret: config.stripeWebhookSecret,
      reconcileSoon,
    },
    tenantDoor: {
      reports,
      billing,
      orgs,
      feed,
      clock,
      configOf: async () => ({ MOLECULE_CP_SHARED_SECRET: identity.provisionSecret.reveal() }),
      healed: async (orgId) => {
        if (!(await tenants.retry(orgId))) return;
        await orgs.audit({ actor: 'platform', action: 'tenant.healed', detail: { org_id: orgId } });
        reconcileSoon();
      },
    },
    admin: {
      ...create,
      admin,
      tenants,
      lifecycle,
      reports,
      people,
      driver,
      box,
      clock,
      appDomain: config.appDomain,
      describe,
      signInLink: (org) => openTenant({ ...reach, publicUrlOf }, org, 'operator'),
      templates: await readShippedTemplates(join(REPOSITORY, 'templates')),
    },
    units: {
      units: new PgUnitStore(db, clock),
      orgs,
      driver: driver.units,
      publicUrlOf,
      readProgram: () => readFile(UNIT_MAIN),
    },
    fleet: { rollouts, orgs, driver, clock, driveSoon },
  });

  supervisor.add({ name: 'reconcile', intervalMs: RECONCILE_MS, run: () => reconciler.round() });
  supervisor.add({
    name: 'looks',
    intervalMs: LOOKS_MS,
    timeoutMs: LOOKS_LIMIT_MS,
    run: (signal) => reconciler.look(signal),
  });
  supervisor.add({
    name: 'rollouts',
    intervalMs: DRIVE_MS,
    run: () => driveRollout({ rollouts, tenants, driver, clock, log, prove, reconcileSoon }),
  });
  supervisor.add({
    name: 'purges',
    intervalMs: PURGES_MS,
    timeoutMs: 600_000,
    run: () => resumePurges(purge),
  });
  supervisor.add({
    name: 'tidy',
    intervalMs: TIDY_MS,
    run: () => reports.forgetOldRevocations(REVOCATIONS_KEPT_MS),
  });
  await app.listen({ port: config.port, host: config.host });
  supervisor.start();

  shutdown.on('watchers', async () => {
    watch.stop();
    feed.stop();
  });
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

async function withSecret(provider: OidcProvider): Promise<ProviderSettings> {
  const { clientSecret } = provider;
  if (clientSecret instanceof Secret) return { ...provider, clientSecret };
  const text = (await readFile(clientSecret.file, 'utf8')).trim();
  if (text === '') throw new SettingsError([`${clientSecret.file} holds no secret`]);
  return { ...provider, clientSecret: Secret.of(text) };
}

/** `https://acme.example`, with the port of the platform's own address where it has one. */
function tenantUrl(config: Pick<Config, 'baseUrl' | 'appDomain'>, slug: string): string {
  const base = new URL(config.baseUrl);
  return `${base.protocol}//${slug}.${config.appDomain}${base.port === '' ? '' : `:${base.port}`}`;
}
