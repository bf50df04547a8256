// Workload: what this agent is doing right now and how well it went lately; the heartbeat tells it, the engine fills it.
//
//   W1. `activeTasks` counts begun turns that have not ended; ending a turn twice changes nothing.
//   W2. The error rate looks at the last sixty seconds and at most `OUTCOMES` outcomes.
//   W3. A problem that a person has to mend (a missing key, say) stays until the process ends.

import type { Clock } from '@molecule/kit';

export const WINDOW_MS = 60_000;
export const OUTCOMES = 500;
export const TASK_CHARS = 120;

export interface WorkloadReport {
  activeTasks: number;
  currentTask: string;
  errorRate: number;
  sampleError: string;
  isWedged: boolean;
}

interface Outcome {
  atMs: number;
  error: string | null;
}

export class Workload {
  readonly #clock: Clock;
  readonly #problems: readonly string[];
  readonly #current = new Map<string, string>();
  #outcomes: Outcome[] = [];
  #listener: () => void = () => undefined;

  constructor(clock: Clock, problems: readonly string[] = []) {
    this.#clock = clock;
    this.#problems = problems;
  }

  get activeTasks(): number {
    return this.#current.size;
  }

  /** Called whenever the current task or the number of tasks changes. One listener: the heartbeat. */
  onChange(listener: () => void): void {
    this.#listener = listener;
  }

  begin(taskId: string, text: string): void {
    this.#current.set(taskId, shorten(text));
    this.#listener();
  }

  /** What the turn does now, such as the tool it uses. */
  note(taskId: string, text: string): void {
    if (!this.#current.has(taskId) || this.#current.get(taskId) === shorten(text)) return;
    this.#current.set(taskId, shorten(text));
    this.#listener();
  }

  /** `error` is null for success and for a turn that was cancelled on request. */
  end(taskId: string, error: string | null): void {
    if (!this.#current.delete(taskId)) return;
    this.#outcomes.push({ atMs: this.#clock.now(), error });
    if (this.#outcomes.length > OUTCOMES) this.#outcomes.shift();
    this.#listener();
  }

  report(): WorkloadReport {
    const since = this.#clock.now() - WINDOW_MS;
    this.#outcomes = this.#outcomes.filter((outcome) => outcome.atMs > since);
    const failed = this.#outcomes.filter((outcome) => outcome.error !== null);
    return {
      activeTasks: this.#current.size,
      currentTask: [...this.#current.values()].at(-1) ?? '',
      errorRate: failed.length === 0 ? 0 : failed.length / this.#outcomes.length,
      sampleError: this.#problems.join(' ') || (failed.at(-1)?.error ?? ''),
      isWedged: this.#problems.length > 0,
    };
  }
}

function shorten(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length <= TASK_CHARS ? line : `${line.slice(0, TASK_CHARS - 1)}…`;
}
