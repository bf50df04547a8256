// Server-sent events from a fetch body: text chunks in, whole events out. Follows the WHATWG event-stream rules for
// `data`, comments and line ends; `id`, `event` and `retry` are not used by A2A and are skipped.

/** An event without an end in this many characters is given up: no agent of ours sends one. */
export const MAX_EVENT_CHARS = 12 * 1024 * 1024;

export interface SseParser {
  /** The data of each event that is complete now. */
  push(chunk: string): string[];
}

export function createSseParser(): SseParser {
  let pending = '';
  let data: string[] = [];
  let dataChars = 0;
  return {
    push(chunk) {
      pending += chunk;
      const whole: string[] = [];
      let from = 0;
      for (;;) {
        const end = findLineEnd(pending, from);
        if (!end) break;
        readLine(pending.slice(from, end.at), whole);
        from = end.next;
      }
      pending = pending.slice(from);
      if (pending.length + dataChars > MAX_EVENT_CHARS) throw new Error('an event of the stream is too long');
      return whole;
    },
  };

  function readLine(line: string, whole: string[]): void {
    if (line === '') {
      if (data.length > 0) whole.push(data.join('\n'));
      data = [];
      dataChars = 0;
      return;
    }
    if (line !== 'data' && !line.startsWith('data:')) return;
    const value = line.slice(5);
    const text = value.startsWith(' ') ? value.slice(1) : value;
    data.push(text);
    dataChars += text.length;
  }
}

/** A line ends with LF, CR or CRLF. A CR at the very end waits: its LF may come with the next chunk. */
function findLineEnd(text: string, from: number): { at: number; next: number } | null {
  for (let i = from; i < text.length; i++) {
    const char = text[i];
    if (char === '\n') return { at: i, next: i + 1 };
    if (char !== '\r') continue;
    if (i + 1 === text.length) return null;
    return { at: i, next: text[i + 1] === '\n' ? i + 2 : i + 1 };
  }
  return null;
}
