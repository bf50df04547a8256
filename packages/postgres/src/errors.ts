// Errors of the datastore that callers are told about. Everything else that Postgres says is a bug of ours.

/** The database cannot be reached, is starting, or has no free connection. */
export class DatabaseUnavailable extends Error {
  override readonly name = 'DatabaseUnavailable';
  constructor(cause: unknown) {
    super('the database is not available', { cause });
  }
}

/** No space is left for what should be written. */
export class DatabaseFull extends Error {
  override readonly name = 'DatabaseFull';
  constructor(cause: unknown) {
    super('the disk of the database is full', { cause });
  }
}

/** A start failure with a sentence for the operator. */
export class PostgresStartFailure extends Error {
  override readonly name = 'PostgresStartFailure';
  readonly isForPeople = true;
}

const CONNECTION_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOENT',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'EAI_AGAIN',
]);
/** Connection exceptions (08), too many connections (53300), shutdown and recovery (57P01 to 57P03), read-only (25006). */
const UNAVAILABLE_STATES = /^(08...|53300|57P0[1-3]|25006)$/;
const FULL_STATES = /^(53100|53200)$/;
const RETRYABLE_STATES = /^(40001|40P01)$/;
const UNAVAILABLE_TEXTS =
  /timeout exceeded when trying to connect|Connection terminated|Client has encountered a connection error|connection is closed|not queryable/i;

export function toDatabaseError(error: unknown): unknown {
  if (error instanceof DatabaseUnavailable || error instanceof DatabaseFull) return error;
  const { code, message } = error as { code?: string; message?: string };
  if (code !== undefined && FULL_STATES.test(code)) return new DatabaseFull(error);
  if (/no space left on device/i.test(message ?? '')) return new DatabaseFull(error);
  if (code !== undefined && (CONNECTION_CODES.has(code) || UNAVAILABLE_STATES.test(code))) {
    return new DatabaseUnavailable(error);
  }
  return UNAVAILABLE_TEXTS.test(message ?? '') ? new DatabaseUnavailable(error) : error;
}

export function isRetryable(error: unknown): boolean {
  return RETRYABLE_STATES.test((error as { code?: string }).code ?? '');
}
