// Hops: what counts as under way, and when a drawn message goes (H1 to H3).

import { describe, expect, it } from 'vitest';
import { frame } from '../../store/frame-fixtures.ts';
import { type Hops, openCount, SETTLE_MS, STALE_MS, sweepHops } from './model.ts';
import { foldHops } from './on-workspace-event.ts';

const sent = frame('ACTIVITY_LOGGED', 'a', {
  activity_type: 'a2a_send',
  source_id: 'a',
  target_id: 'b',
  status: 'ok',
});
const receive = (toldBy: 'a' | 'b', status = 'ok') =>
  frame('ACTIVITY_LOGGED', toldBy, { activity_type: 'a2a_receive', source_id: 'a', target_id: 'b', status });
const fold = (frames: ReturnType<typeof frame>[], nowMs = 0) =>
  frames.reduce<Hops>((hops, one) => foldHops(hops, one, nowMs), {});
const open = (hops: Hops) => {
  const hop = hops['a>b'];
  return hop ? openCount(hop) : 0;
};

describe('hops', () => {
  it('are open between question and answer', () => {
    expect(open(fold([sent]))).toBe(1);
    expect(open(fold([sent, receive('b')]))).toBe(0);
  });

  it('count an end that relay and sender both tell once (H1)', () => {
    expect(open(fold([sent, sent, receive('b'), receive('a')]))).toBe(1);
    expect(open(fold([sent, sent, receive('b'), receive('a'), receive('b')]))).toBe(0);
  });

  it('do not owe the next question the second telling of the last end (H1)', () => {
    expect(open(fold([sent, receive('b'), receive('a'), sent]))).toBe(1);
  });

  it('show an answer whose question was never told, without counting below zero', () => {
    const hops = fold([receive('b')]);
    expect(hops['a>b']?.settledAtMs).toBe(0);
    expect(open(foldHops(hops, sent, 1))).toBe(1);
  });

  it('remember that the last one failed', () => {
    expect(fold([sent, receive('b', 'error')])['a>b']?.outcome).toBe('error');
  });

  it('stay for a moment after they settle, then go (H2)', () => {
    const hops = fold([sent, receive('b')], 100);
    expect(sweepHops(hops, 100 + SETTLE_MS - 1)).toBe(hops);
    expect(sweepHops(hops, 100 + SETTLE_MS)).toEqual({});
  });

  it('go when their end is never told (H3)', () => {
    const hops = fold([sent], 100);
    expect(sweepHops(hops, 100 + STALE_MS - 1)).toBe(hops);
    expect(sweepHops(hops, 100 + STALE_MS)).toEqual({});
  });

  it('follow asynchronous delegations by their id, told once or twice', () => {
    const begun = frame('DELEGATION_SENT', 'a', { delegation_id: 'd', target_id: 'b' }, 1);
    const ended = frame('DELEGATION_COMPLETE', 'a', { delegation_id: 'd' }, 2);
    expect(open(fold([begun, begun]))).toBe(1);
    expect(open(fold([begun, ended]))).toBe(0);
    expect(open(fold([begun, ended, ended]))).toBe(0);
  });

  it('end when one of the two roles stops', () => {
    expect(fold([sent, frame('WORKSPACE_PAUSED', 'b', {}, 1)])).toEqual({});
  });

  it('are none when a person asks', () => {
    const asked = frame('ACTIVITY_LOGGED', 'b', {
      activity_type: 'a2a_receive',
      source_id: null,
      target_id: 'b',
    });
    expect(fold([asked])).toEqual({});
  });
});
