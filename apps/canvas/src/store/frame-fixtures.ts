// Frame fixtures: events for tests.

import type { events } from '@molecule/contracts';

export const AT = '2026-01-01T00:00:00.000Z';

export function frame(
  event: events.EventType,
  workspaceId: string,
  payload: Record<string, unknown> = {},
  seq?: number,
): events.EventFrame {
  return { event, workspace_id: workspaceId, timestamp: AT, payload, ...(seq === undefined ? {} : { seq }) };
}
