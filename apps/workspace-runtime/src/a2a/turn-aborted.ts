// Turn aborted: why a turn was told to stop before it was done.

export class TurnAborted extends Error {
  override readonly name = 'TurnAborted';
  /** True when somebody asked for it; otherwise the turn counts as failed. */
  readonly isCancel: boolean;

  constructor(message: string, isCancel: boolean) {
    super(message);
    this.isCancel = isCancel;
  }
}
