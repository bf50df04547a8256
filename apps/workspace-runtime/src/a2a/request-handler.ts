// Request handler: the SDK's handler, with one rule added: a message that was already taken meets its first task.

import { TaskState } from '@a2a-js/sdk';
import { type A2ARequestHandler, DefaultRequestHandler, type ServerCallContext } from '@a2a-js/sdk/server';
import type { ServedCard } from './card.ts';
import type { TurnExecutor } from './executor.ts';
import type { Run } from './run-memory.ts';
import type { TaskMemory } from './task-memory.ts';

type SendRequest = Parameters<A2ARequestHandler['sendMessage']>[0];
type Reply = ReturnType<A2ARequestHandler['sendMessage']>;
type Stream = ReturnType<A2ARequestHandler['sendMessageStream']>;

/** Set in the call's state when the message is a repeat of an earlier one. */
export const REPEATED_RUN = 'repeated-run';

export class AgentRequestHandler extends DefaultRequestHandler {
  readonly #memory: TaskMemory;

  constructor(card: ServedCard, memory: TaskMemory, executor: TurnExecutor) {
    super(
      {
        ...card,
        provider: undefined,
        securitySchemes: {},
        securityRequirements: [],
        signatures: [],
        skills: [],
      },
      memory,
      executor,
    );
    this.#memory = memory;
  }

  override async sendMessage(params: SendRequest, context: ServerCallContext): Reply {
    const repeated = context.state.get(REPEATED_RUN) as Run | undefined;
    if (!repeated) return super.sendMessage(params, context);
    const taskId = await repeated.taskId;
    if (params.configuration?.returnImmediately !== true) await this.#memory.whenEnded(taskId);
    return this.getTask(
      { tenant: '', id: taskId, historyLength: params.configuration?.historyLength },
      context,
    );
  }

  override async *sendMessageStream(params: SendRequest, context: ServerCallContext): Stream {
    const repeated = context.state.get(REPEATED_RUN) as Run | undefined;
    if (!repeated) {
      yield* super.sendMessageStream(params, context);
      return;
    }
    const id = await repeated.taskId;
    const task = await this.getTask({ tenant: '', id, historyLength: 0 }, context);
    if (this.#isLive(task.status?.state)) yield* this.resubscribe({ tenant: '', id }, context);
    else yield { payload: { $case: 'task', value: task } };
  }

  #isLive(state: TaskState | undefined): boolean {
    return state === TaskState.TASK_STATE_SUBMITTED || state === TaskState.TASK_STATE_WORKING;
  }
}
