// Fleet: upgrades of all tenants, a canary first.
export { type DriveDeps, driveRollout } from './drive-rollout.ts';
export { type Proof, type ProofDeps, proveRelease } from './prove-release.ts';
export type { RolloutStore } from './rollout-store.ts';
export { bindFleetRoutes, type FleetDeps } from './routes.ts';
