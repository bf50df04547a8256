// Rollout store: upgrades of the fleet and what became of each tenant.

export type RolloutState = 'running' | 'paused' | 'done' | 'failed';
export type TenantPhase = 'pending' | 'upgrading' | 'done' | 'rolled_back' | 'missing';

export interface Rollout {
  id: string;
  target: string;
  state: RolloutState;
  soakMs: number;
  batchSize: number;
  maxStragglers: number;
  error: string | null;
  createdAt: number;
  /** Until then nothing further is started, epoch milliseconds. */
  soakUntil: number | null;
}

export interface RolloutTenant {
  orgId: string;
  slug: string;
  isCanary: boolean;
  phase: TenantPhase;
  imageBefore: string | null;
  error: string | null;
  deadlineAt: number | null;
}

export interface FleetTenant {
  orgId: string;
  slug: string;
  image: string;
  isCanary: boolean;
  isServing: boolean;
  /** The one image that it may be brought to; null: any. */
  pinnedImage: string | null;
}

export interface RolloutStore {
  /** Tenants that exist, in the order in which they would be upgraded; `slugs` null: all. */
  fleet(slugs: readonly string[] | null): Promise<FleetTenant[]>;
  /** Null when another one is open. */
  create(
    rollout: Pick<Rollout, 'target' | 'soakMs' | 'batchSize' | 'maxStragglers'>,
    tenants: readonly Pick<RolloutTenant, 'orgId' | 'slug' | 'isCanary' | 'phase'>[],
    by: string,
  ): Promise<Rollout | null>;
  find(id: string): Promise<Rollout | null>;
  /** Newest first, each with how many of its tenants are in which phase. */
  list(limit: number): Promise<(Rollout & { phases: Record<string, number> })[]>;
  /** The one that runs or is paused. */
  open(): Promise<Rollout | null>;
  /** In their order. */
  tenants(id: string): Promise<RolloutTenant[]>;
  setState(id: string, from: readonly RolloutState[], to: RolloutState, error?: string): Promise<boolean>;
  soak(id: string, until: number): Promise<void>;
  /** Phase and the tenant's image change together; the image before is kept. */
  beginUpgrade(id: string, orgId: string, target: string, deadlineAt: number): Promise<void>;
  /** When a tenant that serves the target, and is silent, goes back; null: it is not silent. */
  watch(id: string, orgId: string, deadlineAt: number | null): Promise<void>;
  /** `image` is what the tenant goes back to, null when it stays. */
  endUpgrade(
    id: string,
    orgId: string,
    phase: Exclude<TenantPhase, 'pending' | 'upgrading'>,
    options: { error: string | null; image: string | null },
  ): Promise<void>;
}
