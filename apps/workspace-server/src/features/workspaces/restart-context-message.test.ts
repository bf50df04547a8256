// The text of a restart context, line by line, as clients match on it.

import { describe, expect, it } from 'vitest';
import { restartContextMessage, restartContextText } from './restart-context-message.ts';

const AT = Date.UTC(2026, 4, 6, 7, 8, 9, 123);

describe('the restart context', () => {
  it('says when the last session ended, how long ago, and which names are there, sorted and once', () => {
    const text = restartContextText({
      restartAt: AT,
      previousSessionEndedAt: AT - (25 * 60 + 3) * 60_000 - 59_000,
      secretNames: ['ZED', 'ALPHA', 'ZED'],
    });
    expect(text.split('\n')).toEqual([
      '=== WORKSPACE RESTART CONTEXT ===',
      'Restart at: 2026-05-06T07:08:09Z',
      'Previous session ended: 2026-05-05T06:04:10Z (25h 3m ago)',
      'Env vars now available: ALPHA, ZED',
      '=== END RESTART CONTEXT ===',
    ]);
  });

  it('says so where there was no session and where there are no secrets', () => {
    const lines = restartContextText({ restartAt: AT, previousSessionEndedAt: null, secretNames: [] }).split(
      '\n',
    );
    expect(lines.slice(2, 4)).toEqual([
      'Previous session ended: (no prior session on record)',
      'Env vars now available: (none)',
    ]);
  });

  it('travels as one message of a user, with one text part and its marks', () => {
    const message = restartContextMessage({ restartAt: AT, previousSessionEndedAt: null, secretNames: [] });
    expect(message).toMatchObject({
      method: 'message/send',
      params: {
        message: {
          role: 'user',
          parts: [{ kind: 'text', text: expect.stringContaining('RESTART CONTEXT') }],
          metadata: { source: 'platform', kind: 'restart_context', layer: 1, restart_context: true },
        },
      },
    });
  });
});
