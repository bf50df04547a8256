// As failure: gives a bug inside a step the text that the contract fixes for it. What callers are told already (faults, a
// datastore that is away or full, a value that it refuses) keeps its own words.

import { faults, isFault } from '@molecule/domain';
import { DatabaseFull, DatabaseUnavailable, DatabaseValueRefused } from '@molecule/postgres';

const TOLD = [DatabaseFull, DatabaseUnavailable, DatabaseValueRefused];

export async function asFailure<T>(text: string, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    if (isFault(error) || TOLD.some((kind) => error instanceof kind)) throw error;
    throw faults.internal(text, error);
  }
}
