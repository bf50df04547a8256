// Change files: write, replace and delete.
//
//   C1. A change of /configs is committed whole, with the number of the configuration that it makes, before the answer.
//   C2. What the unit is handed afterwards follows the commit; when that fails the unit has it at its next start, and
//       the answer says that a restart is required either way.
//   C3. The config.yaml decides the engine: saving another `runtime` changes the workspace's row in the same transaction.
//   C4. The tree stays within LIMITS.configTreeBytes.
//   C5. No name is a file and a folder at once: no unit could be given such a tree.

import { faults, LIMITS, type WorkspaceState } from '@molecule/domain';
import type { Log } from '@molecule/kit';
import type { Tx } from '@molecule/postgres';
import { engineOf, generateConfig, parseConfig } from '../templates/index.ts';
import { type EditDeps, editWorkspaces, type WorkspaceFiles } from '../workspaces/index.ts';
import type { FilePlace } from './file-place.ts';
import { openPlace, type ReadFilesDeps } from './read-files.ts';

export interface ChangeFilesDeps extends EditDeps, ReadFilesDeps {
  files: WorkspaceFiles;
  /** Writes the numbered configuration that a change of files makes. Call `committed` after the commit. */
  recordConfig(
    tx: Tx,
    workspaceId: string,
    actor: string,
  ): Promise<{ revision: number | null; committed(): void }>;
  log: Log;
}

/** What a change means for the agent that runs. */
export interface ChangeEffect {
  restart_required: boolean;
  hot_reloaded: false;
  revision?: number;
}

const CONFIG = 'config.yaml';

export async function writeTextFile(
  deps: ChangeFilesDeps,
  actor: string,
  workspace: WorkspaceState,
  place: FilePlace,
  content: string,
): Promise<ChangeEffect> {
  const bytes = Buffer.from(content);
  if (bytes.byteLength > LIMITS.fileWriteBytes) {
    throw faults.tooLarge(`a file may have ${LIMITS.fileWriteBytes} bytes at most`);
  }
  if (place.kind === 'live') {
    await deps.live.write(workspace, place, bytes);
    return { restart_required: false, hot_reloaded: false };
  }
  return keep(deps, actor, workspace, { set: { [place.path]: content }, remove: [] });
}

export async function replaceFiles(
  deps: ChangeFilesDeps,
  actor: string,
  workspace: WorkspaceState,
  places: readonly { place: FilePlace; content: string }[],
): Promise<ChangeEffect & { source: 'container' | 'volume' }> {
  for (const { content } of places) {
    if (Buffer.byteLength(content) > LIMITS.fileWriteBytes) {
      throw faults.tooLarge(`a file may have ${LIMITS.fileWriteBytes} bytes at most`);
    }
  }
  const live = places.flatMap(({ place, content }) => (place.kind === 'live' ? [{ place, content }] : []));
  if (live.length > 0) {
    for (const { place, content } of live) await deps.live.write(workspace, place, Buffer.from(content));
    return { source: 'container', restart_required: false, hot_reloaded: false };
  }
  const set = Object.fromEntries(places.map(({ place, content }) => [place.path, content]));
  const tree = await deps.readConfigTree(workspace);
  if (!set[CONFIG] && !tree[CONFIG]) set[CONFIG] = generateConfig(workspace.name, { ...tree, ...set });
  const effect = await keep(deps, actor, workspace, { set, remove: [] });
  return { ...effect, source: effect.restart_required ? 'container' : 'volume' };
}

/** Throws 404 `file not found`. A folder goes with what is in it. */
export async function deleteFile(
  deps: ChangeFilesDeps,
  actor: string,
  workspace: WorkspaceState,
  place: FilePlace,
): Promise<ChangeEffect> {
  if (place.kind === 'live') {
    if (!(await deps.live.remove(workspace, place))) throw faults.notFound('file not found');
    return { restart_required: false, hot_reloaded: false };
  }
  const tree = await deps.readConfigTree(workspace);
  const remove = Object.keys(tree).filter((path) => path === place.path || path.startsWith(`${place.path}/`));
  if (remove.length === 0) await openPlace(deps, workspace, place);
  return keep(deps, actor, workspace, { set: {}, remove }, place.path);
}

/** C1. */
async function keep(
  deps: ChangeFilesDeps,
  actor: string,
  workspace: WorkspaceState,
  change: { set: Record<string, string>; remove: readonly string[] },
  removedPath?: string,
): Promise<ChangeEffect> {
  if (Object.keys(change.set).length > 0) refuseClash(await deps.readConfigTree(workspace), change.set);
  let recorded = { revision: null as number | null, committed: () => {} };
  await editWorkspaces(
    deps,
    [workspace.id],
    actor,
    (rows) => {
      const before = rows.get(workspace.id);
      if (!before || before.status === 'removed') throw faults.workspaceNotFound();
      const runtime = engineWanted(change.set[CONFIG], before);
      if (runtime === null) return { edits: [] };
      return {
        edits: [{ workspaceId: before.id, change: { kind: 'patched', patch: { runtime } }, events: [] }],
      };
    },
    async (tx) => {
      await deps.files.change(tx, workspace.id, change);
      recorded = await deps.recordConfig(tx, workspace.id, actor);
    },
  );
  recorded.committed();
  const { revision } = recorded;
  return {
    restart_required: await handOver(deps, workspace, change.set, removedPath),
    hot_reloaded: false,
    ...(revision === null ? {} : { revision }),
  };
}

/** C5. */
function refuseClash(tree: Readonly<Record<string, string>>, set: Readonly<Record<string, string>>): void {
  const paths = new Set([...Object.keys(tree), ...Object.keys(set)]);
  for (const path of paths) {
    for (let at = path.indexOf('/'); at > 0; at = path.indexOf('/', at + 1)) {
      if (paths.has(path.slice(0, at)))
        throw faults.invalidRequest('a path cannot be a file and a folder at once');
    }
  }
}

/** C2. Whether a unit runs that has to be restarted. */
async function handOver(
  deps: ChangeFilesDeps,
  workspace: WorkspaceState,
  set: Readonly<Record<string, string>>,
  removedPath: string | undefined,
): Promise<boolean> {
  if (!(await deps.live.isRunning(workspace))) return false;
  try {
    if (Object.keys(set).length > 0) await deps.live.writeConfigs(workspace, set);
    if (removedPath !== undefined) await deps.live.remove(workspace, { root: 'configs', path: removedPath });
  } catch (error) {
    deps.log.warn(
      { err: error, workspaceId: workspace.id },
      'a unit gets changed files at its next start only',
    );
  }
  return true;
}

/** C3. Null: nothing changes. */
function engineWanted(config: string | undefined, before: WorkspaceState): string | null {
  if (config === undefined || before.backend === 'external') return null;
  const parsed = parseConfig(config);
  if (!parsed || typeof parsed.runtime !== 'string' || parsed.runtime === 'external') return null;
  const { runtime } = engineOf(parsed);
  return runtime === before.runtime || runtime.length > LIMITS.runtimeChars ? null : runtime;
}
