// Hygiene: what the tenant could let go of, suggested to people.
export { type CareDeps, HygieneRound } from './hygiene-round.ts';
export type { HygieneStore } from './hygiene-store.ts';
export { ReadMarks } from './read-marks.ts';
export { bindHygieneRoutes, type HygieneRouteDeps } from './routes.ts';
