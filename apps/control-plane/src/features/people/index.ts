// People: who may use the platform, and the sessions of their browsers.
export { IdentityProviders, type ProviderSettings } from './identity-providers.ts';
export { Passwords } from './password.ts';
export type { Person, PersonStore } from './person-store.ts';
export { isOurs } from './return-address.ts';
export { asPerson, bindPeopleRoutes, type PeopleDeps } from './routes.ts';
export { TERMS } from './terms.ts';
