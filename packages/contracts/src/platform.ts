// Platform: every shape that crosses the control plane's door, by noun.
export * from './platform-admin.ts';
export * from './platform-billing.ts';
export * from './platform-keys.ts';
export * from './platform-lifecycle.ts';
export * from './platform-members.ts';
export * from './platform-orgs.ts';
export * from './platform-people.ts';
export * from './platform-route.ts';
export * from './platform-tenants.ts';
