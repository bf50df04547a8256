// Heartbeat: tells the workspace server this agent is alive and what it does, and learns whether it should stop.
//
//   H1. At most one beat is in flight, and none within `SPACING_MS` of the one before; changes that come meanwhile are
//       told by the next one together, never queued. A change after a quiet time is told at once.
//   H2. Only a workspace that is gone (410, or 404 after which it can't be registered either) ends the process; every
//       other failure is tried again at the next beat.
//   H3. Draining stops new work before it stops beating, so the server never thinks us dead mid-task.

import { CallError } from '@molecule/client';
import { registry } from '@molecule/contracts';
import { TIMEOUTS_MS } from '@molecule/domain';
import type { Clock, Log } from '@molecule/kit';
import type { Connection } from './connect/connect.ts';
import { type Platform, WorkspaceGone } from './connect/platform.ts';
import type { Workload } from './workload.ts';

export const SPACING_MS = 500;

/** What this program declares; the platform keeps doing all of it. */
export const CAPABILITIES = {
  heartbeat: false,
  scheduler: false,
  session: false,
  status_mgmt: false,
  retry: false,
  activity_decoration: false,
  channel_dispatch: false,
} as const;

export interface HeartbeatDeps {
  platform: Platform;
  connection: Connection;
  workload: Workload;
  clock: Clock;
  log: Log;
  /** The configuration that this process runs. */
  generation: number | null;
  /** Called once when the workspace is gone (H2). */
  onGone: (reason: string) => void;
  /** After each accepted beat, such as looking for delegation results. */
  onBeat: () => void;
}

export class Heartbeat {
  readonly #deps: HeartbeatDeps;
  readonly #startedAtMs: number;
  #triedAtMs = Number.NEGATIVE_INFINITY;
  #isUntold = true;

  constructor(deps: HeartbeatDeps) {
    this.#deps = deps;
    this.#startedAtMs = deps.clock.now();
  }

  /** There is something new to tell; the supervisor is poked beside this. */
  changed(): void {
    this.#isUntold = true;
  }

  /** One beat, called by the supervisor, which never overlaps two (H1) and tries a failed one again (H2). */
  async beat(signal: AbortSignal): Promise<void> {
    const { connection, clock } = this.#deps;
    const waitMs = this.#triedAtMs + SPACING_MS - clock.now();
    if (waitMs > 0) await clock.sleep(waitMs, signal);
    if (!this.#isUntold && clock.now() - this.#triedAtMs < TIMEOUTS_MS.heartbeat / 2) return;
    this.#triedAtMs = clock.now();
    try {
      if (!connection.isRegistered) await connection.attempt(signal);
      this.#isUntold = false;
      await this.#send(signal);
    } catch (error) {
      this.#isUntold = true;
      if (!(error instanceof WorkspaceGone)) throw error;
      this.#deps.onGone(error.message);
      return;
    }
    this.#deps.onBeat();
  }

  /** The last one, after the work has ended; whether it arrives changes nothing any more. */
  async last(signal: AbortSignal): Promise<void> {
    try {
      await this.#send(signal);
    } catch (error) {
      this.#deps.log.debug({ reason: String(error) }, 'the last heartbeat was not accepted');
    }
  }

  async #send(signal: AbortSignal): Promise<void> {
    const { platform, connection } = this.#deps;
    try {
      await platform.call(registry.heartbeat, { body: this.#body(), signal });
    } catch (error) {
      if (!(error instanceof CallError)) throw error;
      if (error.status === 410) throw new WorkspaceGone(error.message);
      // The server does not know us, or not our token any more: register again before the next beat.
      if (error.status === 404 || error.status === 401) connection.lost(error.status === 404);
      throw error;
    }
  }

  #body() {
    const { platform, workload, clock, generation } = this.#deps;
    const report = workload.report();
    return {
      workspace_id: platform.workspaceId,
      error_rate: report.errorRate,
      sample_error: report.sampleError,
      active_tasks: report.activeTasks,
      current_task: report.currentTask,
      uptime_seconds: Math.floor((clock.now() - this.#startedAtMs) / 1000),
      runtime_state: report.isWedged ? 'wedged' : '',
      runtime_metadata: {
        capabilities: { ...CAPABILITIES },
        ...(generation === null ? {} : { config_generation: generation }),
      },
    };
  }
}
