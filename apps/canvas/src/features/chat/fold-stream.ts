// Folds one event of an A2A stream (0.3, and the 1.0 shapes) into the turn that is being answered.

import { say } from '../../languages/say.ts';
import { textOfParts } from '../activity/model.ts';
import { isObject } from '../workspaces/model.ts';
import { filesOfParts, filesOfReply, joinFiles } from './attachments.ts';
import { explainRpcError } from './explain-trouble.ts';
import { type Turn, textOfReply } from './model.ts';

type Json = Record<string, unknown>;

/** `event` is the JSON-RPC response of one stream event. Total: rubbish changes nothing. */
export function foldStreamEvent(turn: Turn, event: unknown): Turn {
  if (!isObject(event)) return turn;
  if (isObject(event.error)) {
    return { ...turn, state: 'failed', note: null, trouble: explainRpcError(event.error) };
  }
  const result = isObject(event.result) ? event.result : null;
  if (!result) return turn;
  const marked = isMarked(result) ? { ...turn, isSimulated: true } : turn;
  const artifact = isObject(result.artifactUpdate) ? result.artifactUpdate : result;
  if (isObject(artifact.artifact)) return foldArtifact(marked, artifact, artifact.artifact);
  const status = isObject(result.statusUpdate) ? result.statusUpdate : result;
  const task = isObject(result.task) ? result.task : result.kind === 'task' ? result : null;
  if (task) return foldTask(marked, task);
  if (isObject(status.status)) return foldStatus(withTask(marked, status.taskId), status.status);
  const said = textOfReply(result);
  const answerFiles = joinFiles(marked.answerFiles, filesOfReply(result));
  if (said === null && answerFiles.length === 0) return marked;
  return { ...marked, answer: said ?? marked.answer, answerFiles, note: null, state: 'done' };
}

/** The stream is over; a turn that never said its end did not end well. */
export function endStream(turn: Turn): Turn {
  if (turn.state !== 'sending' && turn.state !== 'streaming') return turn;
  return {
    ...turn,
    state: 'failed',
    note: null,
    trouble: {
      title: say('chat.theAnswerBrokeOff'),
      detail:
        turn.answer === '' ? say('chat.theConnectionEndedBefore') : say('chat.theConnectionEndedBeforeThe'),
      next: 'retry',
    },
  };
}

function foldArtifact(turn: Turn, update: Json, artifact: Json): Turn {
  const text = textOfParts(artifact.parts);
  const files = filesOfParts(artifact.parts);
  if (text === null && files.length === 0) return turn;
  const isSimulated = turn.isSimulated || isMarked(artifact);
  return {
    ...withTask(turn, update.taskId),
    isSimulated,
    answer: text === null ? turn.answer : joinText(turn.answer, text, update.append === true),
    answerFiles: joinFiles(turn.answerFiles, files),
    note: null,
    state: 'streaming',
  };
}

function joinText(before: string, text: string, isSameLine: boolean): string {
  return before + (isSameLine || before === '' ? text : `\n${text}`);
}

/** A whole task: the first event of a stream, or the answer to a message that had been answered before. */
function foldTask(turn: Turn, task: Json): Turn {
  const answerFiles = joinFiles(turn.answerFiles, filesOfReply({ artifacts: task.artifacts }));
  const after = { ...withTask(turn, task.id), answerFiles };
  const said = textOfReply({ artifacts: task.artifacts });
  const worded = said === null || said === '' ? after : { ...after, answer: said };
  return isObject(task.status) ? foldStatus(worded, task.status) : worded;
}

function foldStatus(turn: Turn, status: Json): Turn {
  const state = String(status.state ?? '')
    .replace(/^TASK_STATE_/, '')
    .toLowerCase();
  const message = isObject(status.message) ? status.message : null;
  const said = message ? textOfParts(message.parts) : null;
  const isSimulated = turn.isSimulated || (message !== null && isMarked(message));
  const answerFiles = joinFiles(turn.answerFiles, message ? filesOfParts(message.parts) : []);
  switch (state) {
    case 'completed':
      return {
        ...turn,
        answerFiles,
        isSimulated,
        state: 'done',
        note: null,
        answer: turn.answer || (said ?? ''),
      };
    case 'failed':
    case 'rejected':
      return {
        ...turn,
        isSimulated,
        state: 'failed',
        note: null,
        trouble: {
          title: say('chat.theRoleCouldNotFinish'),
          detail: (said ?? say('chat.itGaveNoReason')).replace(/^Agent error:\s*/, ''),
          next: 'retry',
        },
      };
    case 'canceled':
    case 'cancelled':
      return { ...turn, isSimulated, state: 'stopped', note: null };
    case 'input-required':
    case 'input_required':
      return {
        ...turn,
        answerFiles,
        isSimulated,
        state: 'done',
        note: null,
        answer: turn.answer || (said ?? ''),
      };
    default:
      return { ...turn, isSimulated, state: 'streaming', note: said ?? turn.note };
  }
}

function withTask(turn: Turn, taskId: unknown): Turn {
  return typeof taskId === 'string' && turn.taskId === null ? { ...turn, taskId } : turn;
}

function isMarked(value: Json): boolean {
  return isObject(value.metadata) && value.metadata.simulated === true;
}
