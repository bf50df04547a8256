// Session transcript: what was said and done in this process, line by line, for people who look at an agent.
//
//   S1. It holds the last LINES lines and no line longer than LINE_CHARS; a line's number never changes.
//   S2. Nothing that looks like a credential gets in.
//   S3. It lives as long as the process: a restart begins a new session.

import { redactSecrets } from '@molecule/domain';
import type { Clock } from '@molecule/kit';

export const LINES = 2_000;
export const LINE_CHARS = 8_192;

export type LineKind = 'user' | 'agent' | 'tool_call' | 'tool_result' | 'error';

export interface TranscriptLine {
  /** RFC 3339. */
  at: string;
  type: LineKind;
  task_id: string;
  text: string;
  /** The workspace that asked, or the tool. */
  name?: string;
}

export interface TranscriptPage {
  lines: TranscriptLine[];
  /** What to ask for as `since` next time. */
  cursor: number;
  hasMore: boolean;
}

export class SessionTranscript {
  readonly #clock: Clock;
  readonly #lines: TranscriptLine[] = [];
  #dropped = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  note(type: LineKind, taskId: string, text: string, name?: string): void {
    this.#lines.push({
      at: new Date(this.#clock.now()).toISOString(),
      type,
      task_id: taskId,
      text: redactSecrets(text.slice(0, LINE_CHARS)),
      ...(name === undefined ? {} : { name }),
    });
    if (this.#lines.length <= LINES) return;
    this.#lines.shift();
    this.#dropped++;
  }

  /** `since` is the number of a line; lines that were dropped meanwhile are passed over. */
  read(since: number, limit: number): TranscriptPage {
    const from = Math.min(Math.max(since - this.#dropped, 0), this.#lines.length);
    const lines = this.#lines.slice(from, from + limit);
    const end = from + lines.length;
    return { lines, cursor: this.#dropped + end, hasMore: end < this.#lines.length };
  }
}
