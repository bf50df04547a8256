// Log frames: cut wherever the stream is cut, in order, with the time that the engine noted.

import { expect, it } from 'vitest';
import { FrameReader, linesOf } from './log-frames.ts';

function frame(stream: 1 | 2, text: string): Buffer {
  const bytes = Buffer.from(text);
  const header = Buffer.alloc(8);
  header[0] = stream;
  header.writeUInt32BE(bytes.byteLength, 4);
  return Buffer.concat([header, bytes]);
}

it('reads the same frames wherever a chunk ends', () => {
  const whole = Buffer.concat([frame(1, 'wörter'), frame(2, ''), frame(2, 'x'.repeat(300))]);
  for (let at = 0; at <= whole.byteLength; at++) {
    const reader = new FrameReader();
    const frames = [...reader.push(whole.subarray(0, at)), ...reader.push(whole.subarray(at))];
    expect(frames.map(({ stream, bytes }) => [stream, bytes.toString()])).toEqual([
      ['stdout', 'wörter'],
      ['stderr', ''],
      ['stderr', 'x'.repeat(300)],
    ]);
  }
});

it('tells the time of each line, and the stream', () => {
  const text = Buffer.concat([
    frame(1, '2026-01-02T03:04:05.000000001Z first line\n'),
    frame(2, '2026-01-02T03:04:05.000000002Z \n'),
    frame(1, 'no time\n'),
  ]);
  expect(linesOf(text)).toEqual([
    { at: '2026-01-02T03:04:05.000000001Z', stream: 'stdout', text: 'first line' },
    { at: '2026-01-02T03:04:05.000000002Z', stream: 'stderr', text: '' },
    { at: null, stream: 'stdout', text: 'no time' },
  ]);
});
