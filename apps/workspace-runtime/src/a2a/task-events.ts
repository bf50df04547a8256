// Task events: one task told to whoever listens, as A2A events: submitted, working, text in chunks, and one end.

import { randomUUID } from 'node:crypto';
import { type Message, Role, TaskState } from '@a2a-js/sdk';
import { AgentEvent, type ExecutionEventBus } from '@a2a-js/sdk/server';

type Json = Record<string, unknown>;

export class TaskEvents {
  readonly #bus: ExecutionEventBus;
  readonly #taskId: string;
  readonly #contextId: string;
  readonly #marks: Json;
  #artifactId: string | null = null;
  #isEnded = false;

  /** `marks` are put on everything that carries words, such as `{simulated: true}`. */
  constructor(bus: ExecutionEventBus, taskId: string, contextId: string, marks: Json) {
    this.#bus = bus;
    this.#taskId = taskId;
    this.#contextId = contextId;
    this.#marks = marks;
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  submitted(): void {
    this.#bus.publish(
      AgentEvent.task({
        id: this.#taskId,
        contextId: this.#contextId,
        status: { state: TaskState.TASK_STATE_SUBMITTED, message: undefined, timestamp: now() },
        artifacts: [],
        history: [],
        metadata: { ...this.#marks },
      }),
    );
  }

  working(text: string | null = null, metadata: Json = {}): void {
    if (this.#isEnded) return;
    const message = text === null ? undefined : this.#message(text, metadata);
    this.#status(TaskState.TASK_STATE_WORKING, message, {});
  }

  text(delta: string): void {
    if (this.#isEnded || delta === '') return;
    const isFirst = this.#artifactId === null;
    this.#artifactId ??= randomUUID();
    this.#bus.publish(
      AgentEvent.artifactUpdate({
        taskId: this.#taskId,
        contextId: this.#contextId,
        artifact: {
          artifactId: this.#artifactId,
          name: 'reply',
          description: '',
          parts: [textPart(delta)],
          metadata: { ...this.#marks },
          extensions: [],
        },
        append: !isFirst,
        lastChunk: false,
        metadata: undefined,
      }),
    );
  }

  completed(metadata: Json): void {
    this.#end(TaskState.TASK_STATE_COMPLETED, undefined, metadata);
  }

  failed(text: string, metadata: Json): void {
    this.#end(TaskState.TASK_STATE_FAILED, this.#message(text, {}), metadata);
  }

  cancelled(metadata: Json): void {
    this.#end(TaskState.TASK_STATE_CANCELED, undefined, metadata);
  }

  #end(state: TaskState, message: Message | undefined, metadata: Json): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#status(state, message, { ...this.#marks, ...metadata });
  }

  #status(state: TaskState, message: Message | undefined, metadata: Json): void {
    this.#bus.publish(
      AgentEvent.statusUpdate({
        taskId: this.#taskId,
        contextId: this.#contextId,
        status: { state, message, timestamp: now() },
        metadata,
      }),
    );
  }

  #message(text: string, metadata: Json): Message {
    return {
      messageId: randomUUID(),
      contextId: this.#contextId,
      taskId: this.#taskId,
      role: Role.ROLE_AGENT,
      parts: [textPart(text)],
      metadata: { ...this.#marks, ...metadata },
      extensions: [],
      referenceTaskIds: [],
    };
  }
}

function textPart(text: string) {
  return {
    content: { $case: 'text' as const, value: text },
    metadata: undefined,
    filename: '',
    mediaType: 'text/plain',
  };
}

function now(): string {
  return new Date().toISOString();
}
