// Log: JSON lines, with credentials cut out: by the name of the key they stand under, and by their look in any text.

import pino, { type DestinationStream, type Logger } from 'pino';

export type Log = Logger;

const CENSOR = '[secret]';
const MAX_BEHIND_BYTES = 8 * 1024 * 1024;

/** A key that ends like a credential's name, whatever its case and depth, with its text, number or list of texts. */
const SECRET_VALUE =
  /("[\w.-]*(?:authorization|cookie|token|password|passwd|secret|credential|api[_-]?key|private[_-]?key)":)(?:"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|\[(?:"(?:[^"\\]|\\.)*",?)*\])/gi;

/** Also under a key that nobody thought of: bearer credentials, and the user part of a URL. */
const BEARER = /\bBearer\s+[\w.~+/=-]+/gi;
const URL_USER = /:\/\/[^\s/@"\\]+@/g;

export interface LogOptions {
  level: string;
  destination?: DestinationStream;
  /** Appends to this file instead of standard error. */
  file?: string;
  name?: string;
  /** Told once when lines cannot be written (a full disk), and again after they could. Default: standard error. */
  onTrouble?: (error: Error) => void;
  /** What else is cut out of every line: an expression, or a function that leaves a line of JSON valid. Neither touches a quote. */
  hide?: RegExp | ((line: string) => string);
}

export function createLog(options: LogOptions): Log {
  const settings = {
    level: options.level,
    name: options.name,
    base: options.name === undefined ? null : { name: options.name },
    timestamp: pino.stdTimeFunctions.isoTime,
    // On the finished line: an order of magnitude cheaper than searching objects for keys at every depth.
    hooks: { streamWrite: (line: string) => withoutSecrets(line, options.hide) },
  };
  if (options.destination) return pino(settings, options.destination);
  return pino(settings, openDestination(options));
}

/** A log that cannot be written never ends the process: up to MAX_BEHIND_BYTES wait for space, what is beyond is dropped. */
function openDestination({ file, onTrouble = tellStandardError }: LogOptions): DestinationStream {
  const isFile = file !== undefined;
  const destination = pino.destination({
    dest: file ?? 2,
    sync: !isFile,
    mkdir: true,
    mode: 0o600,
    maxLength: MAX_BEHIND_BYTES,
  });
  let isInTrouble = false;
  const trouble = (error: Error) => {
    if (!isInTrouble) onTrouble(error);
    isInTrouble = true;
  };
  destination.on('error', trouble);
  destination.on('drop', () => trouble(new Error('lines of the log are dropped')));
  destination.on('write', () => {
    isInTrouble = false;
  });
  return destination;
}

function tellStandardError(error: Error): void {
  process.stderr.write(`the log cannot be written: ${error.message}\n`);
}

function withoutSecrets(line: string, hide: LogOptions['hide']): string {
  const shown = line
    .replace(SECRET_VALUE, `$1"${CENSOR}"`)
    .replace(BEARER, `Bearer ${CENSOR}`)
    .replace(URL_USER, `://${CENSOR}@`);
  if (typeof hide === 'function') return hide(shown);
  return hide ? shown.replace(hide, CENSOR) : shown;
}
