// Restart context: tells an agent that was restarted, once it is online, when its last session ended and what it is given.
//
//   R1. One message for each restart; a second restart before the first was told takes its place.
//   R2. An agent that is not online within TIMEOUTS_MS.restartContext is not told.
//   R3. Names of secrets, never values. Nothing of it is written to the activity log.
//   R4. At most SENDING messages are under way at once, so that many restarts do not crowd out people's messages.

import { TIMEOUTS_MS, type WorkspaceState } from '@molecule/domain';
import { type Clock, type Log, Semaphore } from '@molecule/kit';
import { restartContextMessage } from './restart-context-message.ts';
import type { SecretNames } from './secret-names.ts';
import type { VitalSigns } from './vital-signs.ts';
import type { WorkspaceDirectory } from './workspace-directory.ts';

export const RESTART_CONTEXT_SENDER = 'system:restart-context';
const SENDING = 8;

export interface RestartContextDeps {
  directory: Pick<WorkspaceDirectory, 'get'>;
  vitals: Pick<VitalSigns, 'of'>;
  clock: Clock;
  log: Log;
  secretNames: SecretNames;
  /** Hands a message of the server's own to the agent; resolves when the agent has answered. */
  send(workspaceId: string, message: Record<string, unknown>): Promise<void>;
}

interface Expected {
  restartAt: number;
  previousSessionEndedAt: number | null;
}

export class RestartContext {
  readonly #deps: RestartContextDeps;
  readonly #expected = new Map<string, Expected>();
  readonly #sending = new Semaphore(SENDING);

  constructor(deps: RestartContextDeps) {
    this.#deps = deps;
  }

  /** A restart of this workspace was just committed. */
  expect(workspaceId: string): void {
    this.#expected.set(workspaceId, {
      restartAt: this.#deps.clock.now(),
      previousSessionEndedAt: this.#deps.vitals.of(workspaceId).lastHeartbeatAt,
    });
  }

  /** For the directory: an agent that was lost is being started again. What an orderly stop of the server ended is no news. */
  noteChange(before: WorkspaceState | null, after: WorkspaceState | null): void {
    const isAutoRestart = before?.status === 'offline' && after?.status === 'provisioning';
    if (isAutoRestart && before.statusReason !== 'server_stopped') this.expect(after.id);
    if (after === null || after.status === 'removed') this.#expected.delete(before?.id ?? '');
  }

  /** Run by a supervised loop. */
  async round(): Promise<void> {
    for (const [id, expected] of this.#expected) {
      if (this.#deps.clock.now() - expected.restartAt > TIMEOUTS_MS.restartContext) {
        this.#expected.delete(id);
        this.#deps.log.info({ workspaceId: id }, 'not online in time for its restart context');
      } else if (this.#deps.directory.get(id)?.status === 'online') {
        this.#expected.delete(id);
        this.#tell(id, expected).catch((error: unknown) =>
          this.#deps.log.warn({ err: error, workspaceId: id }, 'a restart context was not taken'),
        );
      }
    }
  }

  async #tell(id: string, expected: Expected): Promise<void> {
    const secretNames = await this.#deps.secretNames.of(id);
    await this.#sending.run(() => this.#deps.send(id, restartContextMessage({ ...expected, secretNames })));
  }
}
