// Steps: named steps with the time since the command began, for whoever watches the terminal.

/** Milliseconds since 1970 at which this process began. */
export const STARTED_AT = Math.round(performance.timeOrigin);

export function sayStep(text) {
  const seconds = ((Date.now() - STARTED_AT) / 1000).toFixed(1).padStart(5);
  process.stdout.write(`[${seconds} s] ${text}\n`);
}
