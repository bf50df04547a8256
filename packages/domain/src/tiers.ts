// Tiers: how much of its host a workspace may use, from 1 (sandboxed) to 4 (full).

export const TIERS = [1, 2, 3, 4] as const;
export type Tier = (typeof TIERS)[number];

/** `POST /workspaces` without a tier. */
export const DEFAULT_TIER: Tier = 3;
/** Organisation import without a tier. */
export const DEFAULT_IMPORT_TIER: Tier = 2;

export function isTier(value: unknown): value is Tier {
  return TIERS.includes(value as Tier);
}

export const TIER_NAMES: Record<Tier, string> = {
  1: 'sandboxed',
  2: 'standard',
  3: 'privileged',
  4: 'full',
};
