// Log frames: how the engine marks, in one stream, what came from standard output and what from standard error.
// A frame is one byte for the stream, three of zero, four for the length, and the text.

import type { LogLines } from '../backend.ts';

const HEADER_BYTES = 8;
const STDERR = 2;

export interface Frame {
  stream: 'stdout' | 'stderr';
  bytes: Buffer;
}

/** Cuts a stream of frames; a frame that is not whole yet waits for the next chunk. */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0);

  push(chunk: Buffer): Frame[] {
    let rest = this.#rest.byteLength === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const frames: Frame[] = [];
    while (rest.byteLength >= HEADER_BYTES) {
      const end = HEADER_BYTES + rest.readUInt32BE(4);
      if (rest.byteLength < end) break;
      frames.push({
        stream: rest[0] === STDERR ? 'stderr' : 'stdout',
        bytes: rest.subarray(HEADER_BYTES, end),
      });
      rest = rest.subarray(end);
    }
    this.#rest = rest;
    return frames;
  }
}

/** Lines of frames that begin with the engine's time stamp, in the order in which the engine noted them. */
export function linesOf(text: Buffer): LogLines['lines'] {
  return new FrameReader().push(text).flatMap(({ stream, bytes }) =>
    bytes
      .toString('utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => ({ stream, ...timed(line) })),
  );
}

/** A line that begins with the engine's time stamp. */
export function timed(line: string): { at: string | null; text: string } {
  const [, at, text] = /^(\S+Z) ?(.*)$/s.exec(line) ?? [];
  return { at: at ?? null, text: text ?? line };
}
