// Server-sent events: any cut of the bytes gives the same events.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSseParser, MAX_EVENT_CHARS } from './parse-sse.ts';

describe('createSseParser', () => {
  it('reads events with every line end, comments and several data lines', () => {
    const parser = createSseParser();
    expect(parser.push(': ping\n\ndata: one\r\n\r\ndata:two\ndata: three\n\nid: 4\r\rdata\n\n')).toEqual([
      'one',
      'two\nthree',
      '',
    ]);
  });

  it('gives the same events however the stream is cut', () => {
    const line = fc.stringMatching(/^[a-z "{}:]{0,12}$/);
    const events = fc.array(fc.array(line, { minLength: 1, maxLength: 3 }), { maxLength: 6 });
    const end = fc.constantFrom('\n', '\r\n', '\r');
    fc.assert(
      fc.property(events, end, fc.array(fc.nat({ max: 20 })), (list, eol, cuts) => {
        const text = list.map((lines) => lines.map((l) => `data: ${l}${eol}`).join('') + eol).join('');
        // A lone CR at the end may be half a CRLF; the next character tells.
        const stream = `${text}: end`;
        const parser = createSseParser();
        const got: string[] = [];
        let rest = stream;
        for (const size of cuts) {
          got.push(...parser.push(rest.slice(0, size)));
          rest = rest.slice(size);
        }
        got.push(...parser.push(rest));
        expect(got).toEqual(list.map((lines) => lines.join('\n')));
      }),
    );
  });

  it('keeps an event that has not ended', () => {
    const parser = createSseParser();
    expect(parser.push('data: half')).toEqual([]);
    expect(parser.push(' and half\n\n')).toEqual(['half and half']);
  });

  it('gives up an event without end', () => {
    const parser = createSseParser();
    expect(() => parser.push(`data: ${'x'.repeat(MAX_EVENT_CHARS)}`)).toThrow('too long');
  });
});
