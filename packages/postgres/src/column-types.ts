// Column types: how what Postgres sends becomes values. What a type's numbers cannot hold is refused, never rounded.

import pg from 'pg';

const OID = {
  int8: 20,
  int8Array: 1016,
  date: 1082,
  timestamp: 1114,
  timestamptz: 1184,
  timestamptzArray: 1185,
} as const;

const readTimestamptz = pg.types.getTypeParser(OID.timestamptz) as (text: string) => Date | number;

const READERS: ReadonlyMap<number, (text: string) => unknown> = new Map<number, (text: string) => unknown>([
  [OID.int8, readSafeInteger],
  [OID.int8Array, (text) => readArray(text, readSafeInteger)],
  [OID.timestamptz, readEpochMs],
  [OID.timestamptzArray, (text) => readArray(text, readEpochMs)],
  // Without a zone they are no moment in time: a Date would take this machine's zone for theirs.
  [OID.date, (text) => text],
  [OID.timestamp, (text) => text],
]);

export const columnTypes = {
  getTypeParser(oid: number, format?: 'text' | 'binary') {
    return READERS.get(oid) ?? pg.types.getTypeParser(oid, format as 'text');
  },
} as unknown as pg.CustomTypesConfig;

function readSafeInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new Error(`int8 value ${text} is beyond the safe range`);
  return value;
}

/** `infinity` and `-infinity` are Infinity and -Infinity. */
function readEpochMs(text: string): number {
  return Number(readTimestamptz(text));
}

/** The driver's own reader of arrays; its published type describes another shape. */
const arrays = pg.types.arrayParser as unknown as {
  create(text: string, read: (item: string | null) => unknown): { parse(): unknown[] };
};

function readArray(text: string, read: (text: string) => unknown): unknown[] {
  return arrays.create(text, (item) => (item === null ? null : read(item))).parse();
}
