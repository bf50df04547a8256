// Canvas state: the fold of events, and what it promises (F1 to F3).

import { events } from '@molecule/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foldFrames, NOTHING } from './canvas-state.ts';
import { frame } from './frame-fixtures.ts';

const payload = fc.record(
  {
    name: fc.constantFrom('Ann', 'Ben'),
    tier: fc.integer({ min: 1, max: 4 }),
    runtime: fc.constantFrom('rehearsal', 'model'),
    parent_id: fc.constantFrom('a', 'b'),
    new_parent_id: fc.constantFrom('a', 'b', null),
    target_id: fc.constantFrom('a', 'b', 'c'),
    delegation_id: fc.constantFrom('d1', 'd2'),
    error: fc.constant('broken'),
    agent_card: fc.oneof(fc.constant({ molecule: { simulated: true } }), fc.string(), fc.constant(null)),
  },
  { requiredKeys: [] },
);

/** A history of stored events, numbered from 1 without gaps. */
const history = fc
  .array(
    fc.record({
      event: fc.constantFrom(...events.STORED_EVENTS),
      id: fc.constantFrom('a', 'b', 'c'),
      payload,
    }),
    { maxLength: 40 },
  )
  .map((list) => list.map(({ event, id, payload: body }, i) => frame(event, id, body, i + 1)));

describe('folding stored events', () => {
  it('gives the same state when a part is told again, as after a reconnect (F1, F2)', () => {
    fc.assert(
      fc.property(history, fc.nat(), fc.nat(), (frames, a, b) => {
        const once = foldFrames(NOTHING, frames, 0);
        const [from, to] = [a % (frames.length + 1), b % (frames.length + 1)].sort((x, y) => x - y);
        const repeated = [...frames.slice(0, to), ...frames.slice(from, to), ...frames.slice(to)];
        expect(foldFrames(NOTHING, repeated, 0)).toEqual(once);
      }),
    );
  });

  it('gives the same state one by one and all at once (F2)', () => {
    fc.assert(
      fc.property(history, (frames) => {
        const single = frames.reduce((state, one) => foldFrames(state, [one], 0), NOTHING);
        expect(single).toEqual(foldFrames(NOTHING, frames, 0));
      }),
    );
  });

  it('never changes the state that it was given', () => {
    fc.assert(
      fc.property(history, history, (before, after) => {
        const state = foldFrames(NOTHING, before, 0);
        const copy = structuredClone(state);
        foldFrames(state, after, 0);
        expect(state).toEqual(copy);
      }),
    );
  });

  it('marks the list as stale for an event that this build does not know (F3)', () => {
    const unknown = { ...frame('AUDIT', 'a', {}, 1), event: 'SOMETHING_NEW' };
    const state = foldFrames(NOTHING, [unknown], 0);
    expect(state).toMatchObject({ isStale: true, lastSeq: 1 });
  });

  it('counts events without a number each time: they are not stored', () => {
    const told = frame('ACTIVITY_LOGGED', 'a', { activity_type: 'a2a_send', source_id: 'a', target_id: 'b' });
    const state = foldFrames(NOTHING, [told, told], 0);
    expect(state.hops['a>b']?.started).toBe(2);
  });
});
