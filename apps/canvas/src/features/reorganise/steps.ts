// Steps: what a person did to the chart on this page, and what was taken back of it.

export interface Step {
  /** What was done, as a sentence without a full stop. */
  label: string;
  /** False when it did not work; the reason was told. */
  undo(): Promise<boolean>;
  redo(): Promise<boolean>;
}

export interface Steps {
  past: readonly Step[];
  future: readonly Step[];
  isBusy: boolean;
  /** Ends when the last step that was asked for is taken. */
  running: Promise<void>;
}

export const NO_STEPS: Steps = { past: [], future: [], isBusy: false, running: Promise.resolve() };
