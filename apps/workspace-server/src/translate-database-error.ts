// Translate database error: what the datastore throws, as faults that callers may see.

import { type Fault, faults } from '@molecule/domain';
import { DatabaseFull, DatabaseUnavailable } from '@molecule/postgres';

export function translateDatabaseError(thrown: unknown): Fault | null {
  if (thrown instanceof DatabaseUnavailable) return faults.platformUnavailable(thrown);
  if (thrown instanceof DatabaseFull) return faults.storageFull(thrown);
  return null;
}
