// First steps: what a new person does first, in order. A step is over when the thing itself has happened, never by a timer.

export const STEPS = ['open', 'ask', 'watch', 'look', 'palette', 'done'] as const;
export type Step = (typeof STEPS)[number];
/** `ended`: gone for good, read to the end or skipped. */
export type Progress = Step | 'ended';

export const STEPS_KEY = 'molecule.first-steps';

/** What this page shows or has seen happen just now. */
export interface Seen {
  hasRoleOpen: boolean;
  hasAsked: boolean;
  hasHop: boolean;
  hasAnswer: boolean;
  hasActivityOpen: boolean;
  hasPaletteOpen: boolean;
}

export function parseProgress(text: string | null): Progress {
  return text === 'ended' ? 'ended' : (STEPS.find((step) => step === text) ?? 'open');
}

export function nextStep(step: Step): Progress {
  return STEPS[STEPS.indexOf(step) + 1] ?? 'ended';
}

/** The first step from this one on that has not happened; the same when nothing did. */
export function advance(progress: Progress, seen: Seen): Progress {
  let at = progress;
  while (at !== 'ended' && at !== 'done' && hasHappened(at, seen)) at = nextStep(at);
  return at;
}

function hasHappened(step: Exclude<Step, 'done'>, seen: Seen): boolean {
  switch (step) {
    case 'open':
      return seen.hasRoleOpen;
    case 'ask':
      return seen.hasAsked;
    case 'watch':
      // A role without a team answers by itself: then there is no line to watch.
      return seen.hasHop || seen.hasAnswer;
    case 'look':
      return seen.hasActivityOpen;
    case 'palette':
      return seen.hasPaletteOpen;
  }
}
