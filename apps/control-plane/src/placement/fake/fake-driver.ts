// Fake driver: tenants that exist in memory only, for measurements and for tests of what stands above the drivers.

import type { TenantAnswer } from '../../features/tenants/index.ts';
import type { Placement, PlacementDriver, TenantSpec, TenantState } from '../driver.ts';

interface FakeTenant {
  image: string;
  isUp: boolean;
  startedAt: number;
  /** What the tenant wrote; stands in for its data. */
  data: string;
  before: { image: string; data: string } | null;
}

/** Called before each verb; what it throws, the verb throws. */
export type FakeFailure = (verb: string, orgId: string) => void;

export class FakeDriver implements PlacementDriver {
  readonly name = 'fake';
  readonly capabilities = { hasSlots: true, stopsWithPlatform: false, startsAtOnce: 16 };
  readonly units = null;
  readonly tenants = new Map<string, FakeTenant>();
  readonly images = new Set(['local']);
  readonly #now: () => number;
  #fail: FakeFailure = () => {};

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  failWith(fail: FakeFailure): void {
    this.#fail = fail;
  }

  async checkRoom(orgId: string): Promise<void> {
    this.#fail('checkRoom', orgId);
  }

  async ensureRunning(spec: TenantSpec): Promise<Placement> {
    this.#fail('ensureRunning', spec.orgId);
    const known = this.tenants.get(spec.orgId);
    const tenant = known ?? { image: spec.image, isUp: true, startedAt: 0, data: '', before: null };
    const isSame = known?.isUp === true && known.image === spec.image;
    this.tenants.set(spec.orgId, {
      ...turned(tenant, spec.image),
      startedAt: isSame ? known.startedAt : this.#now(),
    });
    return { upstream: upstreamOf(spec.orgId) };
  }

  async inspect(orgId: string): Promise<TenantState> {
    this.#fail('inspect', orgId);
    const tenant = this.tenants.get(orgId);
    if (!tenant) return { state: 'absent' };
    return tenant.isUp
      ? { state: 'running', upstream: upstreamOf(orgId), image: tenant.image }
      : { state: 'stopped' };
  }

  async hasImage(image: string): Promise<boolean> {
    return this.images.has(image);
  }

  async buildOf(image: string): Promise<string | null> {
    return `build of ${image}`;
  }

  /** What a tenant that is as it should be says of itself. */
  answer(orgId: string, path: string): TenantAnswer {
    const tenant = this.tenants.get(orgId);
    if (!tenant?.isUp) return { status: 503, body: null };
    const uptime = Math.round((this.#now() - tenant.startedAt) / 1000);
    const bodies: Record<string, unknown> = {
      '/health': { status: 'ok', uptime },
      '/buildinfo': { git_sha: 'unknown', build: `build of ${tenant.image}` },
      '/admin/liveness': { subsystems: {}, org_id: orgId },
    };
    return { status: 200, body: bodies[path] ?? null };
  }

  async settleImage(orgId: string): Promise<void> {
    const tenant = this.tenants.get(orgId);
    if (tenant) tenant.before = null;
  }

  async stop(orgId: string): Promise<void> {
    this.#fail('stop', orgId);
    const tenant = this.tenants.get(orgId);
    if (tenant) tenant.isUp = false;
  }

  async destroy(orgId: string): Promise<void> {
    this.#fail('destroy', orgId);
    this.tenants.delete(orgId);
  }

  async list(): Promise<string[]> {
    return [...this.tenants.keys()];
  }

  async readLog(): Promise<string> {
    return '';
  }
}

function turned(tenant: FakeTenant, image: string): FakeTenant {
  if (tenant.image === image) return { ...tenant, isUp: true };
  const isBack = tenant.before?.image === image;
  return {
    image,
    isUp: true,
    startedAt: tenant.startedAt,
    data: isBack ? (tenant.before?.data ?? '') : tenant.data,
    before: isBack ? null : { image: tenant.image, data: tenant.data },
  };
}

function upstreamOf(orgId: string): string {
  return `http://${orgId}.fake.invalid`;
}
