// Organisations: templates of whole org charts, and importing one.
export { findOrgFolder } from './find-org-folder.ts';
export { type IdOfPlace, type ImportDeps, importOrg } from './import-org.ts';
export { bindOrgRoutes } from './routes.ts';
