// Use logs: the lines of one source. While followed, a broken stream is read again from its tail after a pause.

import { CallError } from '@molecule/client';
import { useEffect, useState } from 'react';
import { backoffMs } from '../connection/backoff.ts';
import { followLogs, type LogSource } from './follow-logs.ts';
import { appendLines, type LogLine } from './log-text.ts';

export interface Logs {
  lines: readonly LogLine[];
  state: 'reading' | 'following' | 'stopped' | 'reconnecting';
  error: unknown;
}

export function useLogs(id: string, source: LogSource, isFollowed: boolean, round: number): Logs {
  const [logs, setLogs] = useState<Logs>({ lines: [], state: 'reading', error: null });
  // biome-ignore lint/correctness/useExhaustiveDependencies: another round reads again
  useEffect(() => {
    if (!isFollowed) {
      setLogs((now) => ({ ...now, state: 'stopped' }));
      return;
    }
    const stopping = new AbortController();
    const { signal } = stopping;
    let attempt = 0;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const run = async () => {
      let isFirst = true;
      const onOpen = () => {
        attempt = 0;
        setLogs((now) => ({ ...now, state: 'following', error: null }));
      };
      const onLines = (more: LogLine[]) => {
        const isReplacing = isFirst;
        isFirst = false;
        setLogs((now) => ({ ...now, lines: appendLines(isReplacing ? [] : now.lines, more) }));
      };
      try {
        await followLogs(id, source, onOpen, onLines, signal);
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof CallError && error.status < 502) {
          setLogs((now) => ({ ...now, state: 'stopped', error }));
          return;
        }
      }
      if (signal.aborted) return;
      attempt++;
      setLogs((now) => ({ ...now, state: 'reconnecting' }));
      timer = setTimeout(() => void run(), backoffMs(attempt, Math.random()));
    };
    setLogs({ lines: [], state: 'reading', error: null });
    void run();
    return () => {
      stopping.abort();
      clearTimeout(timer);
    };
  }, [id, source, isFollowed, round]);
  return logs;
}
