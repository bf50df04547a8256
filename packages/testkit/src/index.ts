// What tests share: a clock, databases, and fake far sides that speak the real protocols.
export {
  expectVerdict,
  ORACLE,
  type Parents,
  type Principal,
  type Target,
  type Verdict,
} from './authorisation-oracle.ts';
export { type FakeClock, fakeClock } from './clock.ts';
export {
  type DatabaseFlavour,
  databaseFlavours,
  debianBinaries,
  pgvectorBinaries,
  type TestDatabase,
  testDatabase,
} from './database.ts';
export { ENGINE_SOCKET, EngineProxy } from './engine-proxy.ts';
export {
  FAKE_SHARED_SECRET,
  FAKE_TENANT_TOKEN,
  type FakeControlPlane,
  type PlacedUnit,
  startFakeControlPlane,
} from './fake-control-plane.ts';
export {
  type FakeModelProvider,
  type ScriptedReply,
  type SeenRequest,
  startFakeModelProvider,
} from './fake-model-provider.ts';
export { type FakeStripe, signStripeEvent, startFakeStripe } from './fake-stripe.ts';
export { HOSTILE_ARCHIVES, type HostileArchive, type HostileEntry } from './hostile-archives.ts';
export { type Moto, startMoto } from './moto.ts';
export { PATH_CORPUS } from './path-corpus.ts';
export { type TestAuthority, testAuthority } from './test-certificates.ts';
export { workspaceState } from './workspace-state.ts';
