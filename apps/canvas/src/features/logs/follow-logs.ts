// Follow logs: reads a workspace's log as it grows, over fetch, so that the session cookie and status codes work.

import { buildPath, CallError } from '@molecule/client';
import { units } from '@molecule/contracts';
import { createSseParser } from '../chat/parse-sse.ts';
import { type LogLine, readLogEvent } from './log-text.ts';

export type LogSource = 'runtime' | 'boot';

const TAIL = '500';

/** Resolves when the stream ends; rejects with a CallError when the server refuses. */
export async function followLogs(
  id: string,
  source: LogSource,
  onOpen: () => void,
  onLines: (lines: LogLine[]) => void,
  signal: AbortSignal,
): Promise<void> {
  const path = buildPath(units.readLogs.path, { id }, { source, tail: TAIL, follow: 'true' });
  const response = await fetch(path, { headers: { accept: 'text/event-stream' }, signal });
  if (!response.ok || !response.body) throw await refusalOf(response);
  onOpen();
  const parser = createSseParser();
  const decoder = new TextDecoder();
  const reader = response.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    for (const data of parser.push(decoder.decode(value, { stream: true }))) {
      const told = readLogEvent(data);
      if ('error' in told) throw new CallError(503, { error: told.error }, null);
      onLines(told.lines);
    }
  }
}

async function refusalOf(response: Response): Promise<CallError> {
  const body: unknown = await response.json().catch(() => null);
  const isTold = typeof body === 'object' && body !== null && 'error' in body;
  return new CallError(response.status, { error: isTold ? String(body.error) : response.statusText }, null);
}
