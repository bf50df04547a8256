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

/** A value that Postgres cannot keep: NUL in a text, half a surrogate pair in JSON, a number or time out of range. */
export class DatabaseValueRefused extends Error {
  override readonly name = 'DatabaseValueRefused';
  constructor(cause: unknown) {
    super('the database cannot keep this value', { cause });
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
/**
 * Connection exceptions (08), idle too long in a transaction (25P03), read-only (25006), out of memory (53200), too many
 * connections (53300), out of time (57014), shutdown and recovery (57P01 to 57P05).
 */
const UNAVAILABLE_STATES = /^(08...|25P03|25006|53200|53300|57014|57P0[1-5])$/;
const FULL_STATES = /^53100$/;
/** Out of range (22003), bad times (22007, 22008), bytes that are no text (22021), bad text or JSON (22P02, 22P05). */
const REFUSED_VALUE_STATES = /^(22003|22007|22008|22021|22P02|22P05)$/;
const RETRYABLE_STATES = /^(40001|40P01)$/;
const UNAVAILABLE_TEXTS =
  /timeout exceeded when trying to connect|Connection terminated|Client has encountered a connection error|connection is closed|not queryable|Query read timeout/i;

export function toDatabaseError(error: unknown): unknown {
  if (
    error instanceof DatabaseUnavailable ||
    error instanceof DatabaseFull ||
    error instanceof DatabaseValueRefused
  ) {
    return error;
  }
  if (!(error instanceof Error)) return error;
  const { code, message } = error as Error & { code?: string };
  if (code !== undefined && REFUSED_VALUE_STATES.test(code)) return new DatabaseValueRefused(error);
  if (code !== undefined && FULL_STATES.test(code)) return new DatabaseFull(error);
  if (/no space left on device/i.test(message)) return new DatabaseFull(error);
  if (code !== undefined && (CONNECTION_CODES.has(code) || UNAVAILABLE_STATES.test(code))) {
    return new DatabaseUnavailable(error);
  }
  return UNAVAILABLE_TEXTS.test(message) ? new DatabaseUnavailable(error) : error;
}

export function isRetryable(error: unknown): boolean {
  return RETRYABLE_STATES.test((error as { code?: string } | null)?.code ?? '');
}
