// Restart behind: starts agents again whose configuration must be newer than the one they were started with.
// Level-triggered: it compares numbers and repeats, so neither a crash nor a change during a restart is lost.
//
//   A1. Changes that come while a workspace starts are gathered: once it is up it is started again, once, with the newest.
//   A2. At most LIMITS.autoRestarts workspaces are on their way at a time; one that hangs gives its place up after SLOT_MS.
//   A3. Removed, paused and hibernated workspaces, external ones and those below a paused one are left alone: their next
//       start takes the newest configuration anyway.
//   A4. What a person changed forgives earlier crashes; what an agent changed by itself counts against its start budget.

import { ancestorsOf, LIMITS, type WorkspaceState } from '@molecule/domain';
import type { Log } from '@molecule/kit';
import {
  type EditDeps,
  type ProvisionRequests,
  transitionWorkspace,
  type WorkspaceDirectory,
} from '../workspaces/index.ts';
import type { ConfigHeads } from './config-heads.ts';
import type { ConfigStore } from './config-store.ts';

const SLOT_MS = 60_000;

export interface RestartBehindDeps extends EditDeps {
  heads: ConfigHeads;
  configs: Pick<ConfigStore, 'list'>;
  provision: ProvisionRequests;
  log: Log;
}

export class AutoRestarts {
  readonly #deps: RestartBehindDeps;
  /** Workspaces on their way, and since when. */
  readonly #underway = new Map<string, number>();

  constructor(deps: RestartBehindDeps) {
    this.#deps = deps;
  }

  /** One round; run by a supervised loop, and when something changed. */
  async round(): Promise<void> {
    const { heads, directory, provision } = this.#deps;
    if (!provision.hasProvisioner()) return;
    this.#freePlaces();
    for (const id of heads.behind()) {
      if (this.#underway.size >= LIMITS.autoRestarts) return;
      const state = directory.get(id);
      if (!state || state.status === 'removed') heads.forget(id);
      else if (!this.#underway.has(id) && isRestartable(directory, state) && isUp(state)) {
        await this.#restart(state);
      }
    }
  }

  #freePlaces(): void {
    const { directory, clock } = this.#deps;
    for (const [id, since] of this.#underway) {
      const isStarting = directory.get(id)?.status === 'provisioning';
      if (!isStarting || clock.now() - since > SLOT_MS) this.#underway.delete(id);
    }
  }

  async #restart({ id }: WorkspaceState): Promise<void> {
    const [newest] = await this.#deps.configs.list(id, 1);
    const actor = newest?.createdBy ?? 'system:config';
    if (!actor.startsWith('workspace:')) this.#deps.provision.forgiveCrashes(id);
    const moved = await transitionWorkspace(this.#deps, {
      id,
      trigger: 'provision_requested',
      actor,
      onlyIf: isUp,
      payload: ({ name, tier, runtime }) => ({ name, tier, runtime, reason: 'config_changed' }),
      patch: { url: '', isUrlOurs: false },
    });
    if (!moved) return;
    this.#underway.set(id, this.#deps.clock.now());
    this.#deps.log.info(
      { workspaceId: id, generation: newest?.number },
      'restarting an agent: its configuration changed',
    );
    this.#deps.provision.request(id);
  }
}

/** A1: one that starts is asked again once it is up. An offline one is about to be started anyway. */
function isUp(state: WorkspaceState): boolean {
  return ['online', 'degraded', 'failed'].includes(state.status);
}

/** A3. Whether a change of its configuration restarts this workspace, now or once its start is over. */
export function isRestartable(directory: WorkspaceDirectory, state: WorkspaceState): boolean {
  if (state.backend === 'external' || state.backend === 'none') return false;
  if (['removed', 'paused', 'hibernating', 'hibernated'].includes(state.status)) return false;
  return ancestorsOf(directory, state.id).every((id) => directory.get(id)?.status !== 'paused');
}
