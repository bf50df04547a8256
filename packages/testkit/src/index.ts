// What tests share: fake far sides that speak the real protocols.
export {
  type FakeModelProvider,
  type ScriptedReply,
  type SeenRequest,
  startFakeModelProvider,
} from './fake-model-provider.ts';
