// Platform: every shape that crosses the control plane's door, by noun.
export * from './platform-orgs.ts';
export * from './platform-people.ts';
export * from './platform-route.ts';
