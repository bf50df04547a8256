// Expand team: creates the children that a workspace's configuration names. Collapse removes everything below it.
//
//   E1. Expanding twice creates nothing twice: a child that is there by its name stays as it is.
//   E2. Two calls about one workspace run one after the other.
//   E3. One child that cannot be made keeps no other waiting; the answer says which and why.
//   E4. A child never stands above its parent's tier, whatever its template asks.

import type { teams } from '@molecule/contracts';
import { isFault, type WorkspaceState } from '@molecule/domain';
import { type Caller, describeCaller } from '@molecule/http';
import type { KeyedLock } from '@molecule/kit';
import { parse } from 'yaml';
import { type CreateDeps, createWorkspace } from './create-workspace.ts';
import { type EditDeps, editWorkspaces } from './edit-workspace.ts';
import { readTeam, type TeamSources } from './read-team.ts';
import { type RemoveDeps, removeWorkspace } from './remove-workspace.ts';
import { requireWorkspace } from './require-workspace.ts';

export interface TeamDeps extends CreateDeps, Omit<RemoveDeps, 'secrets'> {
  teamSources: TeamSources;
  teamLock: KeyedLock;
}

export interface Expansion {
  children: teams.TeamMember[];
  failures: teams.TeamFailure[];
}

export function expandTeam(deps: TeamDeps, caller: Caller, id: string): Promise<Expansion> {
  const actor = describeCaller(caller);
  const asked = { isAskedByAgent: caller.kind === 'workspace' };
  const { id: parentId } = requireWorkspace(deps.directory, id);
  return deps.teamLock.run(parentId, async () => {
    const parent = requireWorkspace(deps.directory, parentId);
    const expansion: Expansion = { children: [], failures: [] };
    for (const wanted of await readTeam(deps.teamSources, parent, asked)) {
      await expandOne(deps, actor, parent, wanted, expansion);
    }
    const created = expansion.children.filter(({ action }) => action === 'created');
    if (created.length > 0) {
      const children = created.map(({ id: childId, name, role }) => ({ id: childId, name, role }));
      await tell(deps, actor, parent.id, 'WORKSPACE_EXPANDED', { children });
    }
    return expansion;
  });
}

async function expandOne(
  deps: TeamDeps,
  actor: string,
  parent: WorkspaceState,
  wanted: teams.SubWorkspace,
  expansion: Expansion,
): Promise<void> {
  const name = wanted.name || wanted.config;
  const present = deps.directory.childrenOf(parent.id).find((child) => child.name === name);
  if (present) {
    expansion.children.push({ id: present.id, name, role: present.role, action: 'unchanged' });
    return;
  }
  try {
    const child = await createChild(deps, actor, parent, wanted, name);
    if (child === null) {
      expansion.failures.push({ name, error: `there is no template "${wanted.config}"` });
      return;
    }
    expansion.children.push({ id: child, name, role: wanted.role || null, action: 'created' });
  } catch (error) {
    if (!isFault(error) || error.code === 'PLATFORM_UNAVAILABLE') throw error;
    expansion.failures.push({ name, error: error.message });
  }
}

/** Null: its template does not exist. The child's engine is its template's, else its parent's. */
async function createChild(
  deps: TeamDeps,
  actor: string,
  parent: WorkspaceState,
  wanted: teams.SubWorkspace,
  name: string,
): Promise<string | null> {
  const files = await deps.teamSources.readTemplate(wanted.config);
  if (!files) return null;
  const config = parse(files['config.yaml'] ?? '', { maxAliasCount: 100 }) as { runtime?: unknown } | null;
  const own = typeof config?.runtime === 'string' ? config.runtime : '';
  const inherited = parent.backend === 'external' ? undefined : parent.runtime;
  const { id } = await createWorkspace(deps, actor, {
    name,
    role: wanted.role ?? null,
    template: wanted.config,
    runtime: own || inherited,
    ...(own === '' && parent.model !== null ? { model: parent.model } : {}),
    tier: parent.tier,
    parent_id: parent.id,
  });
  return id;
}

export function collapseTeam(deps: TeamDeps, actor: string, id: string): Promise<teams.RemovedMember[]> {
  const { id: parentId } = requireWorkspace(deps.directory, id);
  return deps.teamLock.run(parentId, async () => {
    const removed: teams.RemovedMember[] = [];
    for (const child of deps.directory.childrenOf(parentId))
      removed.push(await removeChild(deps, actor, child));
    if (removed.length > 0) {
      const names = removed.map(({ name }) => name);
      await tell(deps, actor, parentId, 'WORKSPACE_COLLAPSED', { removed_children: names });
    }
    return removed;
  });
}

async function removeChild(
  deps: TeamDeps,
  actor: string,
  { id, name }: WorkspaceState,
): Promise<teams.RemovedMember> {
  const below = deps.directory.descendantsOf(id).length;
  try {
    await removeWorkspace(deps, actor, id, { isConfirmed: true, isPurge: false });
    return { id, name, cascade_deleted: below };
  } catch (error) {
    // The rows are removed all the same; what still runs is stopped by the sweep or by the next call.
    if (!isFault(error) || error.code !== 'STOP_FAILED') throw error;
    return { id, name, cascade_deleted: below, error: error.message };
  }
}

async function tell(
  deps: EditDeps,
  actor: string,
  workspaceId: string,
  type: 'WORKSPACE_EXPANDED' | 'WORKSPACE_COLLAPSED',
  payload: Record<string, unknown>,
): Promise<void> {
  await editWorkspaces(deps, [workspaceId], actor, () => ({
    edits: [],
    moreEvents: [{ workspaceId, type, payload }],
  }));
}
