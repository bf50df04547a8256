// A role's talk with other roles.

import type { activity } from '@molecule/contracts';
import { describe, expect, it } from 'vitest';
import { exchangesFromRows } from './exchanges.ts';

let seq = 0;
const row = (fields: Partial<activity.ActivityRow>): activity.ActivityRow => ({
  id: `r${++seq}`,
  workspace_id: 'me',
  activity_type: 'a2a_send',
  source_id: 'me',
  target_id: 'peer',
  method: 'message/send',
  summary: null,
  duration_ms: null,
  status: 'ok',
  error_detail: null,
  created_at: new Date(seq * 1000).toISOString(),
  seq,
  ...fields,
});

describe('exchangesFromRows', () => {
  it('joins a question with what came back, oldest question first', () => {
    const rows = [
      row({ request_body: { task: 'one' } }),
      row({ request_body: { task: 'two' } }),
      row({
        activity_type: 'a2a_receive',
        duration_ms: 5,
        response_body: { text: '[A2A_RESULT_FROM_PEER]\nfirst\n[/A2A_RESULT_FROM_PEER]' },
      }),
    ];
    expect(exchangesFromRows(rows, 'me')).toEqual([
      expect.objectContaining({ said: 'two', answer: null }),
      expect.objectContaining({ said: 'one', answer: 'first', durationMs: 5, isOutgoing: true }),
    ]);
  });

  it('shows what others asked', () => {
    const asked = row({
      activity_type: 'a2a_receive',
      source_id: 'peer',
      target_id: 'me',
      request_body: { params: { message: { parts: [{ kind: 'text', text: 'check' }] } } },
      response_body: { result: { parts: [{ kind: 'text', text: 'checked' }] } },
    });
    expect(exchangesFromRows([asked], 'me')).toEqual([
      expect.objectContaining({ isOutgoing: false, peerId: 'peer', said: 'check', answer: 'checked' }),
    ]);
  });

  it('leaves out the talk with people', () => {
    expect(exchangesFromRows([row({ source_id: null, activity_type: 'a2a_receive' })], 'me')).toEqual([]);
  });
});
