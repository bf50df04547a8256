// Engine failure: an error whose message was written for people; callers read it after `Agent error:`.

export class EngineFailure extends Error {
  override readonly name = 'EngineFailure';
}
