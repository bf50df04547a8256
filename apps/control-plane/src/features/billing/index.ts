// Billing: plans, credits, usage and whoever takes the money.
export { type BillingProvider, LocalBilling } from './billing-provider.ts';
export type { BillingStore } from './billing-store.ts';
export { creditsOf, PLANS, TRIAL_CREDITS } from './plans.ts';
export { type BillingDeps, bindBillingRoutes, bindStripeWebhook } from './routes.ts';
export { StripeBilling, type StripeSettings } from './stripe-billing.ts';
