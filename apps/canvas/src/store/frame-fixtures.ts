// Frame fixtures: events for tests, and a generator of any stored history over a few roles.

import { events } from '@molecule/contracts';
import fc from 'fast-check';

export const AT = '2026-01-01T00:00:00.000Z';

export function frame(
  event: events.EventType,
  workspaceId: string,
  payload: Record<string, unknown> = {},
  seq?: number,
): events.EventFrame {
  return { event, workspace_id: workspaceId, timestamp: AT, payload, ...(seq === undefined ? {} : { seq }) };
}

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
export const history = fc
  .array(
    fc.record({
      event: fc.constantFrom(...events.STORED_EVENTS),
      id: fc.constantFrom('a', 'b', 'c'),
      payload,
    }),
    { maxLength: 40 },
  )
  .map((list) => list.map(({ event, id, payload: body }, i) => frame(event, id, body, i + 1)));
