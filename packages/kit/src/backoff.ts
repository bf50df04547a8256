// Backoff: how long to wait before the next try. The jitter keeps many clients of one failed thing apart.

export interface BackoffOptions {
  baseMs: number;
  maxMs: number;
  /** True (the default): a random wait between half and all of the step. */
  jitter?: boolean;
}

/** The wait before try `attempt` (1 is the first retry), doubling from `baseMs` up to `maxMs`. */
export function backoffMs(attempt: number, options: BackoffOptions): number {
  const step = Math.min(options.baseMs * 2 ** Math.max(0, attempt - 1), options.maxMs);
  return options.jitter === false ? step : Math.round(step / 2 + Math.random() * (step / 2));
}
