// Workspace directory: the in-memory mirror of the workspaces table, for decisions that cannot wait for a query.
//
//   D1. The table is the truth; the directory is loaded from it at start and told every change after its commit.
//   D2. An older change never overwrites a newer one: versions order the changes of one row.
//   D3. Removed workspaces stay (410 needs them) but are unknown to the org chart.

import type { OrgChart, WorkspaceState } from '@molecule/domain';
import type { CommittedState } from './workspace-store.ts';

export class WorkspaceDirectory implements OrgChart {
  readonly #states = new Map<string, { state: WorkspaceState; version: number }>();
  readonly #children = new Map<string | null, Set<string>>();
  readonly #listeners: ((before: WorkspaceState | null, after: WorkspaceState | null) => void)[] = [];

  apply(committed: readonly CommittedState[]): void {
    for (const { workspaceId, state, version } of committed) {
      const known = this.#states.get(workspaceId);
      if (known && known.version > version) continue;
      if (known) this.#unlink(known.state);
      if (state) {
        this.#states.set(workspaceId, { state, version });
        this.#link(state);
      } else {
        this.#states.delete(workspaceId);
      }
      for (const listener of this.#listeners) listener(known?.state ?? null, state);
    }
  }

  onChange(listener: (before: WorkspaceState | null, after: WorkspaceState | null) => void): void {
    this.#listeners.push(listener);
  }

  get(id: string): WorkspaceState | null {
    return this.#states.get(id)?.state ?? null;
  }

  /** Live workspaces, oldest first. */
  live(): WorkspaceState[] {
    return [...this.#states.values()]
      .map((entry) => entry.state)
      .filter((state) => state.status !== 'removed')
      .sort((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1));
  }

  all(): WorkspaceState[] {
    return [...this.#states.values()].map((entry) => entry.state);
  }

  parentOf(id: string): string | null | undefined {
    const state = this.#states.get(id)?.state;
    return state && state.status !== 'removed' ? state.parentId : undefined;
  }

  childrenOf(id: string | null): WorkspaceState[] {
    return [...(this.#children.get(id) ?? [])]
      .map((child) => this.#states.get(child)?.state)
      .filter((state): state is WorkspaceState => state !== undefined)
      .sort((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1));
  }

  /** Everything below `id`, parents before children. */
  descendantsOf(id: string): WorkspaceState[] {
    const found: WorkspaceState[] = [];
    const queue = [id];
    const seen = new Set(queue);
    for (let at = queue.shift(); at !== undefined; at = queue.shift()) {
      for (const child of this.childrenOf(at)) {
        if (seen.has(child.id)) continue;
        seen.add(child.id);
        found.push(child);
        queue.push(child.id);
      }
    }
    return found;
  }

  /** Everything below `id` that is removed and not purged, at any depth. */
  removedBelow(id: string): WorkspaceState[] {
    const isBelow = (state: WorkspaceState): boolean => {
      const seen = new Set<string>();
      for (let at = state.parentId; at !== null && !seen.has(at); at = this.get(at)?.parentId ?? null) {
        if (at === id) return true;
        seen.add(at);
      }
      return false;
    };
    return this.all().filter((state) => state.status === 'removed' && isBelow(state));
  }

  #link(state: WorkspaceState): void {
    if (state.status === 'removed') return;
    const siblings = this.#children.get(state.parentId) ?? new Set();
    siblings.add(state.id);
    this.#children.set(state.parentId, siblings);
  }

  #unlink(state: WorkspaceState): void {
    const siblings = this.#children.get(state.parentId);
    siblings?.delete(state.id);
    if (siblings?.size === 0) this.#children.delete(state.parentId);
  }
}
