// Approvals: what workspaces ask before they act, and what those above them decide.
export type { ApprovalStore } from './approval-store.ts';
export { expireApprovals } from './expire-approvals.ts';
export type { ApprovalDeps } from './request-approval.ts';
export { bindApprovalRoutes } from './routes.ts';
