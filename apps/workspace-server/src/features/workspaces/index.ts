// Workspaces: the roles of the org chart, their rows, vital signs and lifecycle.

export type { Room } from './admission.ts';
export type { ConfigSources } from './choose-config.ts';
export {
  type CreateDeps,
  checkTier,
  commitNewWorkspace,
  createWorkspace,
  planWorkspace,
  type WorkspacePlan,
} from './create-workspace.ts';
export {
  type EditDeps,
  editWorkspaces,
  type Patch,
  planTransition,
  transitionWorkspace,
} from './edit-workspace.ts';
export { type HibernateIdleDeps, hibernateIdle } from './hibernate-idle.ts';
export {
  type InitialMemories,
  type InitialMemory,
  MEMORY_SCOPES,
  NO_MEMORIES,
  type PlannedMemories,
  planInitialMemories,
  readInitialMemories,
} from './initial-memories.ts';
export { createPrepareUnit, readConfigTree } from './prepare-unit.ts';
export type { ProvisionRequests } from './provision-requests.ts';
export { isoOrNull, requireKnown, requireWorkspace } from './require-workspace.ts';
export { RESTART_CONTEXT_SENDER, RestartContext } from './restart-context.ts';
export { refusePausedAncestor } from './restart-workspace.ts';
export { bindWorkspaceRoutes, type WorkspaceRouteDeps } from './routes.ts';
export { NO_SECRETS, type SecretNames } from './secret-names.ts';
export { StartLimits } from './start-limits.ts';
export type { ConfigChange, ConfigNumbers, UnitSecrets, WorkspaceSecrets } from './unit-config.ts';
export { type ControllerDeps, UnitController } from './unit-controller.ts';
export type { UnitSpec, Units } from './units.ts';
export { checkMove, parseParentId } from './update-workspace.ts';
export { VitalSigns } from './vital-signs.ts';
export { NO_VITALS, type Vitals, type VitalsStore } from './vitals.ts';
export { WorkspaceDirectory } from './workspace-directory.ts';
export type { WorkspaceFiles } from './workspace-files.ts';
export type { CommittedState, Decision, NewEvent, WorkspaceStore } from './workspace-store.ts';
export { toAdminView, toView } from './workspace-view.ts';
