// What the log view keeps, and how it reads the events of the stream.

import { describe, expect, it } from 'vitest';
import { appendLines, LINES_KEPT, type LogLine, readLogEvent, withoutTime } from './log-text.ts';

const line = (text: string): LogLine => ({ at: null, stream: 'stdout', text });

describe('appendLines', () => {
  it('keeps the newest lines only', () => {
    const full = Array.from({ length: LINES_KEPT }, (_, i) => line(String(i)));
    const after = appendLines(full, [line('new')]);
    expect([after.length, after[0]?.text, after.at(-1)?.text]).toEqual([LINES_KEPT, '1', 'new']);
  });
});

describe('withoutTime', () => {
  it('takes the time off a line that begins with it, and nothing else', () => {
    const at = '2026-01-01T00:00:00.000Z';
    expect(withoutTime({ at, stream: 'stdout', text: `${at} started pid 1` })).toBe('started pid 1');
    expect(withoutTime({ at, stream: 'stdout', text: 'started pid 1' })).toBe('started pid 1');
    expect(withoutTime(line(`${at} started`))).toBe(`${at} started`);
  });
});

describe('readLogEvent', () => {
  it('reads lines, errors, and what is neither', () => {
    expect(readLogEvent(JSON.stringify({ lines: [line('a')] }))).toEqual({ lines: [line('a')] });
    expect(readLogEvent('{"error":"gone"}')).toEqual({ error: 'gone' });
    expect(readLogEvent('{}')).toEqual({ error: 'the log was not understood' });
    expect(readLogEvent('not json')).toEqual({ error: 'the log was not understood' });
  });
});
