// Task memory: the tasks this process remembers, so that callers can ask again; bounded, newest kept.
//
//   M1. At most `LIMIT` ended tasks are kept; a task that still runs is never dropped.
//   M2. What `load` returns may be changed by the caller without changing what is remembered.
//   M3. `whenEnded` resolves once the task is saved in a state that can't change any more.

import { TaskState } from '@a2a-js/sdk';
import type { ServerCallContext, TaskStore } from '@a2a-js/sdk/server';
import { createDeferred, type Deferred } from '../deferred.ts';

type Task = NonNullable<Awaited<ReturnType<TaskStore['load']>>>;
type Artifact = Task['artifacts'][number];
type ListRequest = Parameters<TaskStore['list']>[0];
type ListResponse = Awaited<ReturnType<TaskStore['list']>>;

export const TASKS_REMEMBERED = 200;
export const HISTORY_REMEMBERED = 50;

const ENDED: ReadonlySet<TaskState> = new Set([
  TaskState.TASK_STATE_COMPLETED,
  TaskState.TASK_STATE_FAILED,
  TaskState.TASK_STATE_CANCELED,
  TaskState.TASK_STATE_REJECTED,
]);

export function hasEnded(task: Task): boolean {
  return task.status !== undefined && ENDED.has(task.status.state);
}

export class TaskMemory implements TaskStore {
  readonly #limit: number;
  readonly #live = new Map<string, Task>();
  readonly #ended = new Map<string, Task>();
  readonly #waiters = new Map<string, Deferred<void>>();

  constructor(limit = TASKS_REMEMBERED) {
    this.#limit = limit;
  }

  async save(task: Task, _context: ServerCallContext): Promise<void> {
    const kept: Task = {
      ...task,
      history: task.history.slice(-HISTORY_REMEMBERED),
      artifacts: task.artifacts.map(joinText),
    };
    if (!hasEnded(kept)) {
      this.#live.set(kept.id, kept);
      return;
    }
    this.#live.delete(kept.id);
    this.#ended.delete(kept.id);
    this.#ended.set(kept.id, kept);
    if (this.#ended.size > this.#limit) this.#ended.delete(this.#ended.keys().next().value!);
    this.#waiters.get(kept.id)?.resolve();
    this.#waiters.delete(kept.id);
  }

  async load(taskId: string, _context: ServerCallContext): Promise<Task | undefined> {
    const task = this.#live.get(taskId) ?? this.#ended.get(taskId);
    return task && copy(task);
  }

  async list(params: ListRequest, _context: ServerCallContext): Promise<ListResponse> {
    const pageSize = params.pageSize ?? 50;
    const after = params.statusTimestampAfter ? Date.parse(params.statusTimestampAfter) : null;
    const all = [...this.#ended.values(), ...this.#live.values()]
      .filter((task) => !params.contextId || task.contextId === params.contextId)
      .filter((task) => !params.status || task.status?.state === params.status)
      .filter((task) => after === null || Date.parse(task.status?.timestamp ?? '') > after)
      .sort((a, b) => position(b).localeCompare(position(a)));
    const from = params.pageToken ? all.findIndex((task) => position(task) < decode(params.pageToken)) : 0;
    const page = from < 0 ? [] : all.slice(from, from + pageSize);
    const isLast = from < 0 || from + pageSize >= all.length;
    return {
      tasks: page.map((task) => ({ ...copy(task), ...(params.includeArtifacts ? {} : { artifacts: [] }) })),
      nextPageToken: isLast ? '' : Buffer.from(position(page.at(-1)!)).toString('base64url'),
      pageSize,
      totalSize: all.length,
    };
  }

  /** Resolves at once for a task that is not running any more (M3). */
  async whenEnded(taskId: string): Promise<void> {
    if (!this.#live.has(taskId)) return;
    const waiter = this.#waiters.get(taskId) ?? createDeferred<void>();
    this.#waiters.set(taskId, waiter);
    await waiter.promise;
  }
}

function copy(task: Task): Task {
  return {
    ...task,
    status: task.status && { ...task.status },
    artifacts: task.artifacts.map((artifact) => ({ ...artifact, parts: [...artifact.parts] })),
    history: [...task.history],
    metadata: task.metadata && { ...task.metadata },
  };
}

/** Streamed chunks arrive as one part each; whoever asks later reads them as one text. */
function joinText(artifact: Artifact): Artifact {
  const parts: Artifact['parts'] = [];
  for (const part of artifact.parts) {
    const last = parts.at(-1);
    if (last?.content?.$case === 'text' && part.content?.$case === 'text') {
      const value = last.content.value + part.content.value;
      parts[parts.length - 1] = { ...last, content: { $case: 'text', value } };
    } else {
      parts.push(part);
    }
  }
  return parts.length === artifact.parts.length ? artifact : { ...artifact, parts };
}

function position(task: Task): string {
  return `${task.status?.timestamp ?? ''} ${task.id}`;
}

function decode(token: string): string {
  return Buffer.from(token, 'base64url').toString('utf8');
}
