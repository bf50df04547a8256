// Every shape that crosses a process, by noun. Import as `import { workspaces } from '@molecule/contracts'`.
export * as a2a from './a2a.ts';
export * as activity from './activity.ts';
export * as agents from './agents.ts';
export * as approvals from './approvals.ts';
export * as budget from './budget.ts';
export * as common from './common.ts';
export * as delegations from './delegations.ts';
export * as events from './events.ts';
export * as memoryPlugin from './memory-plugin.ts';
export * as org from './org.ts';
export * as orgTokens from './org-tokens.ts';
export * as provisioning from './provisioning.ts';
export * as registry from './registry.ts';
export * from './route.ts';
export * as templates from './templates.ts';
export * as tenant from './tenant.ts';
export * as tokens from './tokens.ts';
export * as workspaces from './workspaces.ts';
