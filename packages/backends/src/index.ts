// Backends: where workspaces run. The dispatcher's factory is the only way in; no backend object leaves this package.
export type {
  BackendHealth,
  ExitListener,
  LogLines,
  LogQuery,
  LogSource,
  Probe,
  TerminalSession,
  Unit,
  UnitExit,
  WorkspaceSpec,
} from './backend.ts';
export type { CloudOptions } from './cloud/cloud-backend.ts';
export {
  createDispatcher,
  type Dispatcher,
  type DispatcherHooks,
  type DispatcherOptions,
  type StartResult,
} from './dispatcher.ts';
export type { DockerOptions } from './docker/docker-backend.ts';
export { buildWorkspaceImage } from './docker/image/build-workspace-image.ts';
export { imageSources } from './docker/image/root-files.ts';
export { FakeControls } from './fake/fake-backend.ts';
export { cellMark, FEATURES, OFFERED } from './features.ts';
export type { ProcessOptions } from './process/process-backend.ts';
export type { MovedWorkspace } from './refuse-move.ts';
export type { FileEntry, FilePlace, OpenFile, UnitRoot } from './unit-file.ts';
export { CAPABILITIES, VERBS, type Verb, WITHOUT_BACKEND } from './verbs.ts';
