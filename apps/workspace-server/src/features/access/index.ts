// Access: who passes which gate, and the credentials of workspaces and browsers.

export { createUpgradeGate, type UpgradeGate } from './admit-upgrade.ts';
export {
  CALLER_TEXTS,
  refuseSystemCaller,
  requireOwnToken,
  type TokenCensus,
  WORKSPACE_TEXTS,
} from './agent-gate.ts';
export { createAuthorize, refuseWorkspaceCaller } from './authorize.ts';
export type { AccessStore, TokenOrigin } from './credential-store.ts';
export { Followers } from './followers.ts';
export { bindOrgTokenRoutes, type OrgTokenDeps } from './org-token-routes.ts';
export { RateLimit } from './rate-limit.ts';
export { type AccessDeps, bindAccessRoutes } from './routes.ts';
export { SESSION_COOKIES, sessionCookie } from './session-cookie.ts';
export { bindSessionRoutes } from './session-routes.ts';
export { createTenantGuard } from './tenant-guard.ts';
export { TokenUse } from './token-use.ts';
