// Fake backend: units in memory, for tests. Its controls script failures and show what was asked.

import type { Backend, BackendHealth, LogLines, Probe, Unit, UnitHandle, WorkspaceSpec } from '../backend.ts';

export class FakeControls {
  readonly units = new Map<string, { spec: WorkspaceSpec; createdAt: number }>();
  readonly calls: string[] = [];
  readonly exitListeners: ((workspaceId: string) => void)[] = [];
  /** Thrown by the next calls of a verb until it is removed. */
  readonly failures = new Map<string, Error>();
  /** Awaited inside a start, so that tests can hold it. */
  duringStart: (spec: WorkspaceSpec) => Promise<void> = async () => {};
  urlOf: (spec: WorkspaceSpec) => string = (spec) => `http://127.0.0.1:1/${spec.workspaceId}`;

  /** The unit ends by itself. */
  kill(workspaceId: string): void {
    this.units.delete(workspaceId);
    for (const listener of this.exitListeners) listener(workspaceId);
  }
}

export class FakeBackend implements Backend {
  readonly kind = 'fake';
  readonly #controls: FakeControls;

  constructor(controls: FakeControls) {
    this.#controls = controls;
  }

  async start(spec: WorkspaceSpec): Promise<UnitHandle> {
    this.#note('start', spec.workspaceId);
    await this.#controls.duringStart(spec);
    this.#controls.units.set(spec.workspaceId, { spec, createdAt: Date.now() });
    return { url: this.#controls.urlOf(spec) };
  }

  async stop(workspaceId: string): Promise<void> {
    this.#note('stop', workspaceId);
    this.#controls.units.delete(workspaceId);
  }

  async stopAndPrune(workspaceId: string): Promise<void> {
    this.#note('stopAndPrune', workspaceId);
    this.#controls.units.delete(workspaceId);
  }

  async probe(workspaceId: string): Promise<Probe> {
    this.#note('probe', workspaceId);
    return this.#controls.units.has(workspaceId) ? 'running' : 'gone';
  }

  async logs(workspaceId: string): Promise<LogLines> {
    this.#note('logs', workspaceId);
    return { lines: [], isTruncated: false };
  }

  async listUnits(): Promise<Unit[]> {
    this.#note('listUnits', '');
    return [...this.#controls.units].map(([workspaceId, unit]) => ({
      workspaceId,
      state: 'running',
      createdAt: unit.createdAt,
    }));
  }

  async health(): Promise<BackendHealth> {
    return { isOk: true, detail: 'in memory', isolation: 'none: nothing runs' };
  }

  onExit(listener: (workspaceId: string) => void): void {
    this.#controls.exitListeners.push(listener);
  }

  #note(verb: string, workspaceId: string): void {
    this.#controls.calls.push(`${verb} ${workspaceId}`.trim());
    const failure = this.#controls.failures.get(verb);
    if (failure) throw failure;
  }
}
