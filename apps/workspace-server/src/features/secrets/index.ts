// Secrets: what agents need and nobody else may read.
export { KeyRing, type KeySettings } from './key-ring.ts';
export { type OpenedSecrets, openSecrets } from './read-secrets.ts';
export { type ResealDeps, resealSecrets } from './reseal-secrets.ts';
export { bindSecretRoutes, MODEL_SECRET, type SecretRouteDeps } from './routes.ts';
export { findProblem } from './save-secret.ts';
export { SecretMask } from './secret-mask.ts';
export type { SecretStore } from './secret-store.ts';
export { SecretVault } from './secret-vault.ts';
export { createWorkspaceSecrets } from './workspace-secrets.ts';
