// The transcript is bounded, pages without repeats and keeps no credential. Cites S1 and S2.

import { fakeClock } from '@molecule/testkit';
import { describe, expect, it } from 'vitest';
import { LINE_CHARS, LINES, SessionTranscript } from './session-transcript.ts';

function transcriptOf(count: number): SessionTranscript {
  const transcript = new SessionTranscript(fakeClock());
  for (let i = 0; i < count; i++) transcript.note('user', 'task', `line ${i}`);
  return transcript;
}

const texts = (page: { lines: { text: string }[] }) => page.lines.map(({ text }) => text);

describe('the transcript', () => {
  it('pages on by its cursor until there is no more', () => {
    const transcript = transcriptOf(5);
    const first = transcript.read(0, 3);
    expect([texts(first), first.cursor, first.hasMore]).toEqual([['line 0', 'line 1', 'line 2'], 3, true]);
    const second = transcript.read(first.cursor, 3);
    expect([texts(second), second.cursor, second.hasMore]).toEqual([['line 3', 'line 4'], 5, false]);
    expect(transcript.read(second.cursor, 3)).toEqual({ lines: [], cursor: 5, hasMore: false });
    expect(texts(transcript.read(-7, 1))).toEqual(['line 0']);
    expect(transcript.read(1e9, 1)).toEqual({ lines: [], cursor: 5, hasMore: false });
  });

  it('keeps the last lines, under the numbers that they had (S1)', () => {
    const transcript = transcriptOf(LINES + 2);
    expect(texts(transcript.read(0, 1))).toEqual(['line 2']);
    expect(texts(transcript.read(LINES, 9))).toEqual([`line ${LINES}`, `line ${LINES + 1}`]);
    transcript.note('agent', 'task', 'x'.repeat(LINE_CHARS + 1));
    expect(texts(transcript.read(LINES + 2, 1))[0]).toHaveLength(LINE_CHARS);
  });

  it('keeps no credential (S2)', () => {
    const transcript = transcriptOf(0);
    const key = ['sk', 'ant', 'api03', 'a'.repeat(40)].join('-');
    transcript.note('tool_result', 'task', `the key is ${key}`, 'read_file');
    const [line] = transcript.read(0, 1).lines;
    expect(line).toMatchObject({ type: 'tool_result', name: 'read_file' });
    expect(line?.text).not.toContain(key);
  });
});
