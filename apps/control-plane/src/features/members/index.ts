// Members: who belongs to an organisation, and how one comes and goes.
export type { Member, MemberStore } from './member-store.ts';
export { bindMemberRoutes, type MemberDeps } from './routes.ts';
