// People: who may use the platform, and the sessions of their browsers.
export { Passwords } from './password.ts';
export type { Person, PersonStore } from './person-store.ts';
export { asPerson, bindPeopleRoutes, isOurs, type PeopleDeps } from './routes.ts';
export { TERMS } from './terms.ts';
