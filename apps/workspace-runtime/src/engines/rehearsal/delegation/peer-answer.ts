// Peer answer: what a delegation brought, told apart by the words that delegate_task answers with.

import { PEER_ERROR_PREFIX, unwrapPeerText } from '../../../tools/delegation/peer-text.ts';
import { withoutMark } from '../speech.ts';
import { excerpt } from '../text/lines.ts';

export type PeerAnswer = { state: 'answered'; text: string } | { state: 'failed' | 'queued'; reason: string };

const REASON_CHARS = 300;
const FAILURE = /^(?:DELEGATION FAILED to .{1,300}?: |Error: ?|PERMISSION DENIED: ?|Agent error: ?)/;

export function readPeerAnswer(output: string): PeerAnswer {
  if (output.startsWith('QUEUED:')) {
    return { state: 'queued', reason: 'it can not answer now; the task waits in its queue' };
  }
  const text = unwrapPeerText(output);
  const lead = text.startsWith(PEER_ERROR_PREFIX) ? PEER_ERROR_PREFIX : FAILURE.exec(text)?.[0];
  if (lead !== undefined) return failed(text.slice(lead.length).split('\n')[0]!);
  const said = withoutMark(text);
  return said === '' ? failed('its answer was empty') : { state: 'answered', text: said };
}

export function failed(reason: string): PeerAnswer {
  return { state: 'failed', reason: excerpt(reason, REASON_CHARS) || 'no reason was given' };
}
