// Provisioning: from an accepted organisation to a tenant that answers under its own name, and back after every crash.
export { BOOT_STEPS, type BootDeps, statusOf } from './boot-steps.ts';
export { describeProvisioning } from './describe-provisioning.ts';
export { Reconciler, type ReconcilerDeps } from './reconciler.ts';
export { ProvisionNews, ProvisionWatch } from './watch.ts';
