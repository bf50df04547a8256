// Units: workspaces that the platform places one by one for its tenants.
export { bindUnitRoutes, type UnitRouteDeps } from './routes.ts';
export type { UnitRow, UnitStore } from './unit-store.ts';
