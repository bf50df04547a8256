// Read recent: the latest activity of the organisation, for a page that has just been opened. Best effort and bounded:
// the feed says what it has, and every role's own tab reads the rest.

import type { Call } from '@molecule/client';
import { activity } from '@molecule/contracts';
import { type FeedItem, fromRow } from './model.ts';

const ROLES_READ = 12;
const ROWS_EACH = '40';

/** The first roles of the list stand at the top of the chart: most work passes through them. Never rejects. */
export async function readRecentActivity(
  call: Call,
  roles: readonly { id: string }[],
  signal: AbortSignal,
): Promise<FeedItem[]> {
  const lists = await Promise.allSettled(
    roles
      .slice(0, ROLES_READ)
      .map(({ id }) => call(activity.listActivity, { params: { id }, query: { limit: ROWS_EACH }, signal })),
  );
  return lists.flatMap((list) => (list.status === 'fulfilled' ? list.value.map(fromRow) : []));
}
