// Containers: the containers of one tenant, as the engine sees them. A container without our labels is nobody's here,
// whatever its name.

import { type Log, systemClock, withDeadline } from '@molecule/kit';
import type { ContainerInfo, ContainerInspectInfo } from 'dockerode';
import type { Probe, UnitExit } from '../backend.ts';
import { cancelled, type Engine } from './engine.ts';
import { isOwn, LABELS, namesOf, type Owner } from './unit-names.ts';

/** Beside the time that an agent may take to end. */
const STOP_EXTRA_MS = 10_000;
const GONE_MS = 10_000;
const GONE_LOOK_MS = 50;
/** Longer than it may take until we know a helper that we asked for. */
const HELPER_UNKNOWN_MS = 30_000;
const SIGNALS: Readonly<Record<number, string>> = {
  130: 'SIGINT',
  134: 'SIGABRT',
  137: 'SIGKILL',
  139: 'SIGSEGV',
  143: 'SIGTERM',
};

export interface SeenContainer {
  containerId: string;
  workspaceId: string;
  state: Probe;
  createdAt: number;
}

export class Containers {
  readonly #engine: Engine;
  readonly #owner: Owner;
  readonly #log: Log;

  constructor(engine: Engine, owner: Owner, log: Log) {
    this.#engine = engine;
    this.#owner = owner;
    this.#log = log;
  }

  /** Null: there is none of ours. */
  async inspect(workspaceId: string): Promise<ContainerInspectInfo | null> {
    const { container } = namesOf(workspaceId);
    const found = await this.#engine.find((docker, abortSignal) =>
      docker.getContainer(container).inspect(cancelled(abortSignal, {})),
    );
    return found && isOwn(found.Config.Labels, this.#owner) ? found : null;
  }

  /** Every unit of ours, running or not. */
  async list(): Promise<SeenContainer[]> {
    const found = await this.#find('unit');
    return found.map((info) => ({
      containerId: info.Id,
      workspaceId: info.Labels[LABELS.workspaceId] ?? '',
      state: stateOf(info.State),
      createdAt: info.Created * 1000,
    }));
  }

  /** Asks the agent to end, and insists after the grace. */
  async stop(found: ContainerInspectInfo, graceMs: number): Promise<void> {
    if (!found.State.Running) return;
    if (found.State.Paused) {
      // 500: not paused any more.
      await this.#engine.settle(
        (docker, abortSignal) => docker.getContainer(found.Id).unpause(cancelled(abortSignal, {})),
        [404, 409, 500],
      );
    }
    const t = Math.ceil(graceMs / 1000);
    await this.#engine.settle(
      (docker, abortSignal) => docker.getContainer(found.Id).stop({ t, abortSignal }),
      [304, 404],
      graceMs + STOP_EXTRA_MS,
    );
  }

  /** At once, whatever runs in it; it is gone then. */
  async discard(containerId: string): Promise<void> {
    // 409: somebody removes it already.
    await this.#engine.settle(
      (docker, abortSignal) =>
        docker.getContainer(containerId).remove(cancelled(abortSignal, { force: true, v: true })),
      [404, 409],
    );
    await withDeadline((signal) => this.#untilGone(containerId, signal), GONE_MS, 'the end of a container');
  }

  /** Helpers hold the volumes of a workspace that shall go. */
  async discardHelpersOf(workspaceId: string): Promise<void> {
    const id = workspaceId.toLowerCase();
    for (const info of await this.#find('helper')) {
      if (info.Labels[LABELS.workspaceId] === id) await this.discard(info.Id);
    }
  }

  /** Helpers that a crash of the server left. */
  /** Those whose making was not answered, or whose server died: one server owns an instance, so nobody else uses them. */
  async discardLostHelpers(isAtWork: (containerId: string) => boolean): Promise<void> {
    for (const info of await this.#find('helper')) {
      if (isAtWork(info.Id) || Date.now() - info.Created * 1000 < HELPER_UNKNOWN_MS) continue;
      this.#log.warn({ container: info.Id }, 'removing a helper container that was left behind');
      await this.discard(info.Id);
    }
  }

  async #untilGone(containerId: string, signal: AbortSignal): Promise<void> {
    const look = () =>
      this.#engine.find((docker, abortSignal) =>
        docker.getContainer(containerId).inspect(cancelled(abortSignal, {})),
      );
    while ((await look()) !== null) await systemClock.sleep(GONE_LOOK_MS, signal);
  }

  #find(role: 'unit' | 'helper'): Promise<ContainerInfo[]> {
    const label = [
      `${LABELS.managed}=true`,
      `${LABELS.instance}=${this.#owner.instanceId}`,
      `${LABELS.role}=${role}`,
    ];
    return this.#engine.ask((docker, abortSignal) =>
      docker.listContainers({ all: true, filters: { label }, abortSignal }),
    );
  }
}

/** The engine's word for what a container does. */
export function stateOf(word: string): Probe {
  if (word === 'running' || word === 'paused') return 'running';
  return word === 'restarting' || word === 'removing' ? 'unknown' : 'gone';
}

/** What the container's program was given. */
export function variableOf(found: ContainerInspectInfo, name: string): string | null {
  return found.Config.Env.find((entry) => entry.startsWith(`${name}=`))?.slice(name.length + 1) ?? null;
}

/** Above 128 the code says which signal ended the agent. */
export function exitOf(state: ContainerInspectInfo['State']): UnitExit {
  const signal = SIGNALS[state.ExitCode];
  return signal ? { code: null, signal } : { code: state.ExitCode, signal: null };
}
