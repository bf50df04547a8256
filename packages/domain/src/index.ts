// The pure rules that two or more apps share. Nothing here touches a clock, a socket or a file.
export * from './delegation-chain.ts';
export * from './engines.ts';
export * from './environment-names.ts';
export * from './explain-communication.ts';
export * from './faults.ts';
export * from './ids.ts';
export * from './limits.ts';
export * from './org-chart.ts';
export * from './org-slug.ts';
export * from './redact-secrets.ts';
export * from './tiers.ts';
export * from './timeouts.ts';
export * from './token-format.ts';
export * from './workspace-lifecycle.ts';
export * from './workspace-projection.ts';
export * from './workspace-status.ts';
