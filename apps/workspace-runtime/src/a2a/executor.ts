// Executor: runs one turn of the engine per A2A task and tells how it goes.
//
//   X1. Every task ends exactly once: completed, failed or cancelled; nothing is told after its end.
//   X2. A turn starts only while it holds a slot, and gives the slot back however it ends.
//   X3. A turn is over at its deadline, when it is cancelled or when the process drains, even if the engine hangs.
//   X4. An answer longer than `ANSWER_CHARS` is an error, not memory.

import type { AgentExecutor, ExecutionEventBus, RequestContext } from '@a2a-js/sdk/server';
import { type Clock, type Log, withDeadline } from '@molecule/kit';
import { orAborted } from '../deferred.ts';
import type { Engine, EngineEvent, Turn } from '../engines/engine.ts';
import { EngineFailure } from '../engines/engine-failure.ts';
import type { Workload } from '../workload.ts';
import { withAttachedFiles } from './attached-files.ts';
import { describeFailure } from './describe-failure.ts';
import type { Run } from './run-memory.ts';
import { LINE_CHARS, type SessionTranscript } from './session-transcript.ts';
import { TaskEvents } from './task-events.ts';
import type { TaskSlot } from './task-slots.ts';
import { ToolTrace } from './tool-trace.ts';
import { TurnAborted } from './turn-aborted.ts';
import { turnFromRequest } from './turn-from-message.ts';

export const ANSWER_CHARS = 4 * 1024 * 1024;
export const CHUNK_CHARS = 2_048;
export const CHUNK_MS = 30;

/** What the door decided about a request before the protocol layer saw it. */
export interface Admission {
  run: Run;
  slot: TaskSlot;
}
export const ADMISSION = 'admission';

export interface ExecutorDeps {
  engine: Engine;
  workload: Workload;
  clock: Clock;
  log: Log;
  turnTimeoutMs: number;
  transcript: SessionTranscript;
  /** The folder that the wire calls `/workspace`. */
  workspaceDir: string;
}

interface LiveTask {
  controller: AbortController;
  events: TaskEvents;
  over: Promise<void>;
}

export class TurnExecutor implements AgentExecutor {
  readonly #deps: ExecutorDeps;
  readonly #live = new Map<string, LiveTask>();

  constructor(deps: ExecutorDeps) {
    this.#deps = deps;
  }

  isRunning(taskId: string): boolean {
    return this.#live.has(taskId);
  }

  execute = async (context: RequestContext, bus: ExecutionEventBus): Promise<void> => {
    const admission = context.context.state.get(ADMISSION) as Admission;
    const marks = this.#deps.engine.isSimulated ? { simulated: true } : {};
    const events = new TaskEvents(bus, context.taskId, context.contextId, marks);
    const controller = new AbortController();
    const over = this.#runTask(context, admission, events, controller);
    this.#live.set(context.taskId, { controller, events, over });
    admission.run.started(context.taskId);
    await over;
  };

  cancelTask = async (taskId: string, _bus: ExecutionEventBus): Promise<void> => {
    const task = this.#live.get(taskId);
    if (!task) return;
    task.events.cancelled({});
    task.controller.abort(new TurnAborted('cancelled on request', true));
    await task.over;
  };

  /** Aborts everything that runs or waits, and resolves when all of it has ended. */
  async abortAll(reason: string): Promise<void> {
    const tasks = [...this.#live.values()];
    for (const task of tasks) task.controller.abort(new TurnAborted(reason, false));
    await Promise.all(tasks.map((task) => task.over));
  }

  /** Resolves when nothing runs or waits any more. */
  async whenIdle(): Promise<void> {
    while (this.#live.size > 0) await Promise.all([...this.#live.values()].map((task) => task.over));
  }

  async #runTask(
    context: RequestContext,
    { slot }: Admission,
    events: TaskEvents,
    controller: AbortController,
  ): Promise<void> {
    const { workload, turnTimeoutMs, workspaceDir } = this.#deps;
    const trace = new ToolTrace();
    const usage = { input_tokens: 0, output_tokens: 0 };
    const summary = () => ({
      ...(trace.entries.length > 0 ? { tool_trace: trace.entries } : {}),
      ...(usage.input_tokens + usage.output_tokens > 0 ? { usage } : {}),
    });
    const { taskId } = context;
    let error: string | null = null;
    try {
      events.submitted();
      await slot.ready(controller.signal);
      await withDeadline(async (deadline) => {
        const asked = turnFromRequest(context, AbortSignal.any([controller.signal, deadline]));
        const text = await withAttachedFiles(asked.text, context.userMessage.parts, workspaceDir);
        const turn = { ...asked, text };
        workload.begin(taskId, turn.text);
        this.#deps.transcript.note('user', taskId, turn.text, turn.senderId ?? undefined);
        events.working();
        await this.#runTurn(turn, events, trace, usage);
      }, turnTimeoutMs);
      events.completed(summary());
    } catch (thrown) {
      const failure = describeFailure(thrown, turnTimeoutMs);
      if (failure.isCancel) events.cancelled(summary());
      else {
        error = failure.text;
        events.failed(failure.text, summary());
        this.#deps.transcript.note('error', taskId, failure.text);
        if (failure.isBug) this.#deps.log.error({ err: thrown, taskId }, 'a turn failed');
        else this.#deps.log.warn({ taskId, error }, 'a turn failed');
      }
    } finally {
      slot.release();
      workload.end(taskId, error);
      this.#live.delete(taskId);
    }
  }

  async #runTurn(
    turn: Turn,
    events: TaskEvents,
    trace: ToolTrace,
    usage: { input_tokens: number; output_tokens: number },
  ): Promise<void> {
    const { transcript } = this.#deps;
    let chars = 0;
    let said = '';
    for await (const event of inChunks(this.#deps.engine.run(turn), turn.signal, this.#deps.clock)) {
      if (events.isEnded) return;
      switch (event.type) {
        case 'text':
          chars += event.delta.length;
          if (chars > ANSWER_CHARS)
            throw new EngineFailure(`the answer grew beyond ${ANSWER_CHARS} characters`);
          if (said.length < LINE_CHARS) said += event.delta;
          events.text(event.delta);
          break;
        case 'status':
          events.working(event.text);
          this.#deps.workload.note(turn.taskId, event.text);
          break;
        case 'tool_call':
          transcript.note('tool_call', turn.taskId, asText(event.input), event.tool);
          trace.called(event.id, event.tool, event.input);
          events.working(`Using ${event.tool}`, { tool_call: { id: event.id, tool: event.tool } });
          break;
        case 'tool_result':
          transcript.note('tool_result', turn.taskId, event.output, event.tool);
          trace.answered(event.id, event.output);
          events.working(`${event.tool} ${event.isError ? 'failed' : 'answered'}`, {
            tool_result: { id: event.id, tool: event.tool, is_error: event.isError },
          });
          break;
        case 'usage':
          usage.input_tokens += event.inputTokens;
          usage.output_tokens += event.outputTokens;
          break;
      }
    }
    turn.signal.throwIfAborted();
    if (chars === 0) events.text('(no response generated)');
    transcript.note('agent', turn.taskId, said);
  }
}

function asText(input: unknown): string {
  return typeof input === 'string' ? input : (JSON.stringify(input) ?? '');
}

/** Joins small deltas that come in quick succession; never holds text back longer than `CHUNK_MS`. */
export async function* inChunks(
  source: AsyncIterable<EngineEvent>,
  signal: AbortSignal,
  clock: Clock,
): AsyncGenerator<EngineEvent> {
  const iterator = source[Symbol.asyncIterator]();
  let buffer = '';
  let flushedAtMs = Number.NEGATIVE_INFINITY;
  let isDone = false;
  try {
    let next = iterator.next();
    for (;;) {
      if (buffer !== '') {
        const pause = new AbortController();
        const waited = clock.sleep(CHUNK_MS, pause.signal).then(
          () => 'late' as const,
          () => 'stopped' as const,
        );
        const winner = await Promise.race([orAborted(next, signal), waited]);
        pause.abort();
        if (winner === 'late') {
          yield { type: 'text', delta: buffer };
          buffer = '';
          flushedAtMs = clock.now();
          continue;
        }
      }
      const result = await orAborted(next, signal);
      if (result.done) {
        isDone = true;
        break;
      }
      const event = result.value;
      if (event.type === 'text') {
        buffer += event.delta;
        if (buffer.length >= CHUNK_CHARS || clock.now() - flushedAtMs >= CHUNK_MS) {
          yield { type: 'text', delta: buffer };
          buffer = '';
          flushedAtMs = clock.now();
        }
      } else {
        if (buffer !== '') yield { type: 'text', delta: buffer };
        buffer = '';
        yield event;
      }
      next = iterator.next();
    }
    if (buffer !== '') yield { type: 'text', delta: buffer };
  } finally {
    // A hung engine must not hold the turn: its generator is told to stop, not waited for (X3).
    if (!isDone) void iterator.return?.().then(undefined, () => undefined);
  }
}
