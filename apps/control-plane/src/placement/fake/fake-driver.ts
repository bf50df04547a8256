// Fake driver: tenants that exist in memory only, for measurements and for tests of what stands above the drivers.

import type { Placement, PlacementDriver, TenantSpec, TenantState } from '../driver.ts';

interface FakeTenant {
  image: string;
  isUp: boolean;
}

/** Called before each verb; what it throws, the verb throws. */
export type FakeFailure = (verb: string, orgId: string) => void;

export class FakeDriver implements PlacementDriver {
  readonly name = 'fake';
  readonly capabilities = { hasSlots: true, stopsWithPlatform: false };
  readonly tenants = new Map<string, FakeTenant>();
  #fail: FakeFailure = () => {};

  failWith(fail: FakeFailure): void {
    this.#fail = fail;
  }

  async checkRoom(orgId: string): Promise<void> {
    this.#fail('checkRoom', orgId);
  }

  async ensureRunning(spec: TenantSpec): Promise<Placement> {
    this.#fail('ensureRunning', spec.orgId);
    this.tenants.set(spec.orgId, { image: spec.image, isUp: true });
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

function upstreamOf(orgId: string): string {
  return `http://${orgId}.fake.invalid`;
}
