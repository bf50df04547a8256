// Fuzz of the stream transcript: any bytes, cut anywhere, give the same transcript, in bounded time and memory.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StreamTranscript } from './relay-stream.ts';

const BOUND = { numRuns: 1_500, interruptAfterTimeLimit: 8_000 };
/** A planted bug only has to be found, not made small. */
const FIND = { ...BOUND, endOnFailure: true };

interface Transcript {
  add(chunk: Buffer): void;
  finish(): Record<string, unknown>;
  readonly text: string;
  readonly isFailed: boolean;
}
type Make = () => Transcript;

const odd = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.constantFrom('naïve – 日本語 🙂', 'data: x', '\n\n', '', 'TASK_STATE_COMPLETED'),
  fc.jsonValue({ maxDepth: 1 }),
  fc.constant({ toString: 1, valueOf: 1 }),
);
const parts = fc.oneof(odd, fc.array(fc.record({ kind: fc.constant('text'), text: odd }), { maxLength: 3 }));
const status = fc.record(
  { state: fc.oneof(odd, fc.constantFrom('completed', 'failed', 'working')), message: fc.record({ parts }) },
  { requiredKeys: [] },
);
const event = fc.oneof(
  fc.record({ result: fc.record({ artifact: fc.record({ parts }) }) }),
  fc.record({ result: fc.record({ kind: fc.constant('message'), parts, metadata: odd }) }),
  fc.record({ result: fc.record({ status }) }),
  fc.record({
    result: fc.record({ task: fc.record({ artifacts: fc.oneof(odd, fc.array(fc.record({ parts }))) }) }),
  }),
  fc.record({ error: fc.record({ message: odd }) }),
  odd,
);
const block = fc
  .tuple(
    fc.constantFrom('data: ', 'data:', ': ping', 'id: 1\ndata: ', ''),
    event,
    fc.constantFrom('\n\n', '\r\n\r\n', '\n', ''),
  )
  .map(([prefix, value, end]) => `${prefix}${JSON.stringify(value) ?? ''}${end}`);
const stream = fc.oneof(
  fc.array(block, { maxLength: 8 }).map((blocks) => Buffer.from(blocks.join(''))),
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
);

function read(make: Make, bytes: Buffer, cuts: number[]) {
  const transcript = make();
  const at = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  let from = 0;
  for (const cut of [...at, bytes.length]) {
    transcript.add(bytes.subarray(from, cut));
    from = cut;
  }
  return { said: transcript.finish(), text: transcript.text, isFailed: transcript.isFailed };
}

function holds(make: Make) {
  return fc.property(stream, fc.array(fc.nat(), { maxLength: 40 }), (bytes, cuts) => {
    const whole = read(make, bytes, []);
    expect(read(make, bytes, cuts)).toEqual(whole);
    expect(typeof whole.text).toBe('string');
    expect(whole.said).toHaveProperty('result.parts');
  });
}

/** An error event in any shape means that the stream failed. */
function marksErrors(make: Make) {
  return fc.property(odd, (message) => {
    const transcript = make();
    transcript.add(Buffer.from(`data: ${JSON.stringify({ error: { message } })}\n\n`));
    expect(transcript.isFailed).toBe(true);
  });
}

class DecodesEachChunkAlone extends StreamTranscript {
  override add(chunk: Buffer): void {
    super.add(Buffer.from(chunk.toString('utf8')));
  }
}

class TakesEachChunkForWhole extends StreamTranscript {
  override add(chunk: Buffer): void {
    super.add(Buffer.concat([chunk, Buffer.from('\n\n')]));
  }
}

class TrustsTheMessage extends StreamTranscript {
  override add(chunk: Buffer): void {
    const data = /data: (.*)\n\n/.exec(chunk.toString())?.[1] ?? '{}';
    String((JSON.parse(data) as { error?: { message?: unknown } }).error?.message);
    super.add(chunk);
  }
}

describe('stream transcript under fuzz', () => {
  it('reads the same however the bytes are cut', () => {
    fc.assert(
      holds(() => new StreamTranscript()),
      BOUND,
    );
  });

  it('notices every error event', () => {
    fc.assert(
      marksErrors(() => new StreamTranscript()),
      BOUND,
    );
  });

  it.each([
    [
      'decodes each chunk alone',
      () =>
        fc.check(
          holds(() => new DecodesEachChunkAlone()),
          FIND,
        ),
    ],
    [
      'takes each chunk for a whole event',
      () =>
        fc.check(
          holds(() => new TakesEachChunkForWhole()),
          FIND,
        ),
    ],
    [
      'trusts that a message can be printed',
      () =>
        fc.check(
          marksErrors(() => new TrustsTheMessage()),
          FIND,
        ),
    ],
  ])('finds the planted bug: %s', (_name, check) => {
    expect(check().failed).toBe(true);
  });

  it('looks at each byte once: an endless event in single bytes costs no more than its length', () => {
    const transcript = new StreamTranscript();
    const startedAt = performance.now();
    for (let i = 0; i < 200_000; i++) transcript.add(Buffer.from('x'));
    expect(performance.now() - startedAt).toBeLessThan(3_000);
  });

  it('says so when an event was too long to be kept', () => {
    const transcript = new StreamTranscript();
    for (let i = 0; i < 5; i++) transcript.add(Buffer.alloc(64 * 1024, 'x'));
    expect(transcript.finish()).toHaveProperty('result.metadata.cut', true);
  });
});
