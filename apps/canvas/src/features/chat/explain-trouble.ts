// Explain trouble: what went wrong with a message, in a person's words, and what they can do next.

import { isObject } from '../workspaces/model.ts';

/** `retry`: send again now. `queue`: leave it for when the role is back. `none`: something else must change first. */
export type NextStep = 'retry' | 'queue' | 'none';

export interface ChatTrouble {
  title: string;
  detail: string;
  next: NextStep;
}

/** The relay refused or failed; `body` is its JSON, if it was JSON. */
export function explainRefusal(status: number, body: unknown): ChatTrouble {
  const fields = isObject(body) ? body : {};
  if (isObject(fields.error)) return explainRpcError(fields.error);
  const said = typeof fields.error === 'string' ? fields.error : `HTTP status ${status}`;
  if (fields.busy === true) {
    return {
      title: 'The role is busy',
      detail: 'It probably has your message already. Wait for its answer before you send it again.',
      next: 'none',
    };
  }
  if (fields.waking === true || fields.restarting === true) {
    return {
      title: fields.waking === true ? 'The role is waking up' : 'The role is restarting',
      detail: 'Your message was not delivered. Leave it in the queue, or try again in a few seconds.',
      next: 'queue',
    };
  }
  switch (status) {
    case 401:
      return { title: 'You are signed out', detail: 'Sign in again, then send it once more.', next: 'retry' };
    case 402:
      return {
        title: 'The budget is used up',
        detail: 'This role has spent its limit. Raise the limit or wait for the next month.',
        next: 'none',
      };
    case 403:
      return { title: 'Not allowed', detail: said, next: 'none' };
    case 404:
    case 410:
      return { title: 'The role is gone', detail: 'It was removed while you were writing.', next: 'none' };
    case 413:
      return {
        title: 'The message is too long',
        detail: 'The limit is 1 MiB. Send less at once.',
        next: 'none',
      };
    case 429:
      return { title: 'Too many messages', detail: said, next: 'retry' };
    case 502:
      return fields.delivery_confirmed === true
        ? {
            title: 'The answer was unreadable',
            detail: `The role got your message, but its answer was lost: ${said}.`,
            next: 'retry',
          }
        : { title: 'The role does not answer', detail: said, next: 'queue' };
    case 503:
      return explainAway(fields, said);
    default:
      return { title: 'The message failed', detail: said, next: 'retry' };
  }
}

function explainAway(fields: Record<string, unknown>, said: string): ChatTrouble {
  switch (fields.status) {
    case 'paused':
      return { title: 'The role is paused', detail: 'Resume it in Details, then send again.', next: 'none' };
    case 'failed':
      return {
        title: 'The role could not start',
        detail: 'Details says why. Restart it, then send again.',
        next: 'none',
      };
    case 'awaiting_agent':
      return {
        title: 'No agent has connected yet',
        detail: 'This workspace waits for its own agent to register.',
        next: 'none',
      };
    default:
      return { title: 'The role is away', detail: said, next: 'queue' };
  }
}

export function explainRpcError(error: Record<string, unknown>): ChatTrouble {
  const detail = typeof error.message === 'string' ? error.message : 'It gave no reason.';
  return { title: 'The role answered with an error', detail, next: 'retry' };
}

export function explainNetworkFailure(): ChatTrouble {
  return {
    title: 'The server was not reached',
    detail: 'Your message may not have been delivered. Send it again when the connection is back.',
    next: 'retry',
  };
}
