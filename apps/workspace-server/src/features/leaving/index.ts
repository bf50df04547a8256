// Leaving: a whole organisation as one archive, and such an archive brought into another tenant.

export { bindLeavingRoutes, type LeavingDeps } from './routes.ts';
export { UNIT_FOLDERS, type UnitFolders } from './unit-folders.ts';
