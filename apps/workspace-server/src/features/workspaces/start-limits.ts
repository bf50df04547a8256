// Start limits: how long an agent may take to come up before its start counts as failed. The operator's word first, then
// what the templates of its engine ask for, then the engine's own time.

import { TIMEOUTS_MS } from '@molecule/domain';

const SLOW_RUNTIMES = new Set(['hermes']);
/** No template keeps a failed start looking alive for longer. */
const MAX_TEMPLATE_MS = 24 * 3_600_000;

export interface TemplateTime {
  runtime: string;
  provision_timeout_seconds?: number | undefined;
}

export class StartLimits {
  readonly #overrideMs: number | null;
  #byRuntime: ReadonlyMap<string, number> = new Map();

  /** `overrideMs`: what the operator set for all; null for nothing. */
  constructor(overrideMs: number | null) {
    this.#overrideMs = overrideMs;
  }

  /** Of several templates of one engine the most patient counts. */
  learn(templates: readonly TemplateTime[]): void {
    const byRuntime = new Map<string, number>();
    for (const { runtime, provision_timeout_seconds: seconds } of templates) {
      if (seconds === undefined) continue;
      const ms = Math.min(seconds * 1000, MAX_TEMPLATE_MS);
      byRuntime.set(runtime, Math.max(ms, byRuntime.get(runtime) ?? 0));
    }
    this.#byRuntime = byRuntime;
  }

  /** Milliseconds. */
  of(runtime: string): number {
    const own = SLOW_RUNTIMES.has(runtime) ? TIMEOUTS_MS.provisionSlowRuntime : TIMEOUTS_MS.provision;
    return this.#overrideMs ?? this.#byRuntime.get(runtime) ?? own;
  }
}
