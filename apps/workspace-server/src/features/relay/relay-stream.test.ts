// What is kept of a stream: the words of an answer, however its agent tells them.

import { describe, expect, it } from 'vitest';
import { StreamTranscript } from './relay-stream.ts';

function read(...results: object[]) {
  const transcript = new StreamTranscript();
  for (const result of results) {
    transcript.add(Buffer.from(`data: ${JSON.stringify({ jsonrpc: '2.0', id: 1, result })}\n\n`));
  }
  return transcript;
}

const parts = (text: string) => [{ kind: 'text', text }];
const artifact = (text: string) => ({ artifactId: text, parts: parts(text) });

describe('a stream of pieces', () => {
  it('is kept as one text', () => {
    const update = (text: string) => ({ kind: 'artifact-update', artifact: artifact(text) });
    const transcript = read(update('Nine '), update('chairs.'), {
      kind: 'status-update',
      status: { state: 'completed' },
      final: true,
    });
    expect([transcript.text, transcript.hasEnded]).toEqual(['Nine chairs.', true]);
  });
});

describe('a whole task, told to whoever asks for the second time', () => {
  const task = {
    id: 't',
    status: { state: 'completed' },
    artifacts: [artifact('Nine'), artifact('chairs.')],
  };

  it.each([
    ['0.3', { kind: 'task', ...task }],
    ['1.0', { task: { ...task, status: { state: 'TASK_STATE_COMPLETED' } } }],
  ])('is kept with its words, as A2A %s', (_, result) => {
    const transcript = read(result);
    expect([transcript.text, transcript.hasEnded]).toEqual(['Nine\nchairs.', true]);
  });

  it('that still works goes on after what it has said', () => {
    const transcript = read(
      { kind: 'task', ...task, status: { state: 'working' } },
      { kind: 'artifact-update', artifact: artifact(' And a stool.') },
    );
    expect([transcript.text, transcript.hasEnded]).toEqual(['Nine\nchairs. And a stool.', false]);
  });

  it('that failed says why', () => {
    const status = { state: 'TASK_STATE_FAILED', message: { parts: parts('no chairs') } };
    const transcript = read({ task: { id: 't', status } });
    expect([transcript.isFailed, transcript.failure]).toEqual([true, 'no chairs']);
  });

  it('is bounded', () => {
    const transcript = read({
      task: { id: 't', artifacts: [artifact('x'.repeat(150_000)), artifact('y'.repeat(150_000))] },
    });
    expect(transcript.text).toBe('');
    expect(transcript.finish()).toMatchObject({ result: { metadata: { cut: true } } });
  });
});
