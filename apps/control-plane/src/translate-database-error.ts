// Translate database error: what the datastore throws, as faults that callers may see.

import { type Fault, faults } from '@molecule/domain';
import { DatabaseFull, DatabaseUnavailable, DatabaseValueRefused } from '@molecule/postgres';

export function translateDatabaseError(thrown: unknown): Fault | null {
  if (thrown instanceof DatabaseUnavailable) return faults.platformUnavailable(thrown);
  if (thrown instanceof DatabaseFull) return faults.storageFull(thrown);
  if (thrown instanceof DatabaseValueRefused) {
    return faults.invalidRequest('a value of this request cannot be stored');
  }
  return null;
}
