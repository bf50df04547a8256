// Explain trouble: what went wrong with a message, in a person's words, and what they can do next.

import { say } from '../../languages/say.ts';
import { isObject } from '../workspaces/model.ts';

/**
 * `retry`: send again now. `repeat`: send the very same again, because nobody knows whether it arrived. `queue`: leave it for
 * when the role is back. `limit`: raise what the role may spend. `none`: something else must change first.
 */
export type NextStep = 'retry' | 'repeat' | 'queue' | 'limit' | 'none';

export interface ChatTrouble {
  title: string;
  detail: string;
  next: NextStep;
}

/** The relay refused or failed; `body` is its JSON, if it was JSON. */
export function explainRefusal(status: number, body: unknown): ChatTrouble {
  const fields = isObject(body) ? body : {};
  if (isObject(fields.error)) return explainRpcError(fields.error);
  const said = typeof fields.error === 'string' ? fields.error : say('chat.httpStatusStatus', { status });
  if (fields.busy === true) {
    return {
      title: say('chat.theRoleIsBusy'),
      detail: say('chat.itProbablyHasYour'),
      next: 'none',
    };
  }
  if (fields.waking === true || fields.restarting === true) {
    return {
      title: fields.waking === true ? say('chat.theRoleIsWaking') : say('chat.theRoleIsRestarting'),
      detail: say('chat.yourMessageWasNot'),
      next: 'queue',
    };
  }
  switch (status) {
    case 401:
      return { title: say('chat.youAreSignedOut'), detail: say('chat.signInAgainThen'), next: 'retry' };
    case 402:
      return {
        title: say('chat.theBudgetIsUsed'),
        detail: say('chat.thisRoleHasSpent'),
        next: 'limit',
      };
    case 403:
      return { title: say('chat.notAllowed'), detail: said, next: 'none' };
    case 404:
    case 410:
      return { title: say('chat.theRoleIsGone'), detail: say('chat.itWasRemovedWhile'), next: 'none' };
    case 413:
      return {
        title: say('chat.theMessageIsToo'),
        detail: say('chat.theLimitIs1'),
        next: 'none',
      };
    case 429:
      return { title: say('chat.tooManyMessages'), detail: said, next: 'retry' };
    case 502:
      return fields.delivery_confirmed === true
        ? {
            title: say('chat.theAnswerWasUnreadable'),
            detail: say('chat.theRoleGotYour', { said }),
            next: 'retry',
          }
        : { title: say('chat.theRoleDoesNot'), detail: said, next: 'queue' };
    case 503:
      return explainAway(fields, said);
    default:
      return { title: say('chat.theMessageFailed'), detail: said, next: 'retry' };
  }
}

function explainAway(fields: Record<string, unknown>, said: string): ChatTrouble {
  switch (fields.status) {
    case 'paused':
      return { title: say('chat.theRoleIsPaused'), detail: say('chat.resumeItInDetails'), next: 'none' };
    case 'failed':
      return {
        title: say('chat.theRoleCouldNot'),
        detail: say('chat.detailsSaysWhyRestart'),
        next: 'none',
      };
    case 'awaiting_agent':
      return {
        title: say('chat.noAgentHasConnected'),
        detail: say('chat.thisWorkspaceWaitsFor'),
        next: 'none',
      };
    default:
      return { title: say('chat.theRoleIsAway'), detail: said, next: 'queue' };
  }
}

export function explainRpcError(error: Record<string, unknown>): ChatTrouble {
  const detail = typeof error.message === 'string' ? error.message : say('chat.itGaveNoReason');
  return { title: say('chat.theRoleAnsweredWith'), detail, next: 'retry' };
}

export function explainNetworkFailure(): ChatTrouble {
  return {
    title: say('chat.theServerWasNot'),
    detail: say('chat.yourMessageMayNot'),
    next: 'repeat',
  };
}
