// Log: JSON lines, with credentials cut out whatever they are called.

import pino, { type DestinationStream, type Logger } from 'pino';

export type Log = Logger;

const REDACTED_KEYS = [
  'authorization',
  'cookie',
  'set-cookie',
  'token',
  'auth_token',
  'authToken',
  'password',
  'secret',
  'apiKey',
  'api_key',
];

export interface LogOptions {
  level: string;
  destination?: DestinationStream;
  /** Appends to this file instead of standard error. */
  file?: string;
  name?: string;
}

export function createLog(options: LogOptions): Log {
  const paths = REDACTED_KEYS.flatMap((key) => [`["${key}"]`, `*["${key}"]`, `*.*["${key}"]`]);
  const settings = {
    level: options.level,
    name: options.name,
    base: options.name === undefined ? null : { name: options.name },
    redact: { paths, censor: '[secret]' },
    timestamp: pino.stdTimeFunctions.isoTime,
  };
  if (options.destination) return pino(settings, options.destination);
  return pino(
    settings,
    pino.destination({ dest: options.file ?? 2, sync: options.file === undefined, mkdir: true }),
  );
}
