// Describe failure: what a caller is told when a turn fails. Known failures keep their words; a bug keeps its details here.

import { isFault, redactSecrets } from '@molecule/domain';
import { DeadlineExceeded } from '@molecule/kit';
import { EngineFailure } from '../engines/engine-failure.ts';
import { TurnAborted } from './turn-aborted.ts';

export interface TurnFailure {
  text: string;
  isCancel: boolean;
  isBug: boolean;
}

export function describeFailure(thrown: unknown, turnTimeoutMs: number): TurnFailure {
  if (thrown instanceof TurnAborted) return failure(thrown.message, thrown.isCancel);
  if (thrown instanceof DeadlineExceeded)
    return failure(`no answer within ${Math.round(turnTimeoutMs / 1000)} s`);
  if (isFault(thrown) || thrown instanceof EngineFailure) return failure(thrown.message);
  const name = thrown instanceof Error ? thrown.name : 'Error';
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return { ...failure(`${name}: ${message}`), isBug: true };
}

function failure(message: string, isCancel = false): TurnFailure {
  return { text: `Agent error: ${redactSecrets(message).slice(0, 1000)}`, isCancel, isBug: false };
}
