// Explain failure: what went wrong as a sentence and an exit code that a script can tell apart.

import { CallError } from '@molecule/client';
import { SettingsError } from '@molecule/kit';

/** 0 is done. */
export const EXIT = { refused: 1, usage: 2, unreachable: 3 } as const;

export class NotConfirmed extends Error {
  override readonly name = 'NotConfirmed';
}

export function explainFailure(error: unknown, address: string): { sentence: string; code: number } {
  if (error instanceof CallError) {
    const later = error.retryAfterSeconds === null ? '' : ` Try again in ${error.retryAfterSeconds} s.`;
    return { sentence: `${error.message} (${error.status}).${later}`, code: EXIT.refused };
  }
  if (error instanceof SettingsError || error instanceof NotConfirmed) {
    return { sentence: error.message, code: EXIT.usage };
  }
  if (error instanceof DOMException && error.name === 'TimeoutError') {
    return { sentence: `${address} gave no answer in time.`, code: EXIT.unreachable };
  }
  if (error instanceof TypeError && error.message === 'fetch failed') {
    const { code } = (error.cause ?? {}) as { code?: string };
    return { sentence: `${address} was not reached${code ? ` (${code})` : ''}.`, code: EXIT.unreachable };
  }
  throw error;
}
