// Keys: credentials of partners.
export type { KeyStore, PartnerKey } from './key-store.ts';
export { bindKeyRoutes, type KeyDeps } from './routes.ts';
