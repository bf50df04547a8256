// Event list: what was stored, word by word, for those who must know exactly.

import type { events } from '@molecule/contracts';
import { useState } from 'react';
import { say } from '../../languages/say.ts';
import { timeWords } from '../../languages/value-words.ts';
import { useCanvas } from '../../store/canvas-context.ts';
import { Button } from '../../ui/button.tsx';
import { Choice } from '../../ui/choice.tsx';
import { Empty } from '../../ui/empty.tsx';
import { Reading } from '../activity/activity-tab.tsx';
import type { Role } from '../workspaces/model.ts';
import { OutOfReach } from '../workspaces/out-of-reach.tsx';
import { type EventFilter, gistOf, hasDetail, titleOf } from './model.ts';
import { useEvents } from './use-events.ts';

const filters = () =>
  [
    { value: 'all', label: say('events.everything') },
    { value: 'audit', label: say('events.audit') },
  ] as const;

/** Without a role it lists those of every role. */
export default function EventList({ role }: { role?: Role }) {
  const roleId = role?.id ?? null;
  const [filter, setFilter] = useState<EventFilter>('all');
  const query = useEvents(roleId, filter);
  const rows = query.data?.pages.flat() ?? [];
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <div className="flex border-b border-line px-5 py-2">
        <Choice label={say('events.whichEvents')} options={filters()} value={filter} onChoose={setFilter} />
      </div>
      {query.isPending ? (
        <Reading />
      ) : query.error && rows.length === 0 ? (
        <OutOfReach what="events" error={query.error} onRetry={() => void query.refetch()} />
      ) : rows.length === 0 ? (
        <Empty
          icon="list"
          title={filter === 'audit' ? say('events.nothingWasAuditedYet') : say('events.nothingWasStoredYet')}
        >
          {filter === 'audit' ? say('events.changesOfSharedSecrets') : null}
        </Empty>
      ) : (
        <section
          aria-label={say('events.eventsNewestFirst')}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
          tabIndex={0}
          className="min-h-0 flex-1 overflow-y-auto focus-visible:-outline-offset-2"
        >
          <ol className="m-0 list-none p-0">
            {dedupe(rows).map((row) => (
              <EventLine key={row.id} row={row} isNamed={roleId === null} />
            ))}
          </ol>
          {query.hasNextPage ? (
            <div className="px-5 py-3">
              <Button isBusy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
                {say('events.olderOnes')}
              </Button>
            </div>
          ) : null}
        </section>
      )}
    </div>
  );
}

/** A page that was read again overlaps the next one until that is read again too. */
function dedupe(rows: readonly events.EventRow[]): events.EventRow[] {
  return [...new Map(rows.map((row) => [row.seq, row])).values()];
}

function EventLine({ row, isNamed }: { row: events.EventRow; isNamed: boolean }) {
  const name = useCanvas((canvas) => canvas.roles[row.workspace_id ?? '']?.name);
  const gist = gistOf(row);
  return (
    <li className="border-b border-line px-5 py-2.5">
      <div className="flex items-baseline gap-3">
        <span className="min-w-0 flex-1 font-medium">
          <span translate="no">{titleOf(row)}</span>
          {isNamed && name ? <span className="font-normal text-ink-soft"> · {name}</span> : null}
        </span>
        <span className="text-note whitespace-nowrap text-ink-soft">
          <time dateTime={row.created_at}>{timeWords(row.created_at, 'full')}</time> · #{row.seq}
        </span>
      </div>
      {gist ? (
        <p translate="no" className="m-0 text-note break-words text-ink-soft">
          {gist}
        </p>
      ) : null}
      {hasDetail(row) ? (
        <details className="mt-1 text-note">
          <summary className="w-fit cursor-pointer text-ink-soft hover:text-ink">
            {say('events.allOfIt')}
          </summary>
          <pre className="mt-1.5 mb-0 max-h-64 overflow-auto rounded-s bg-sunken p-3 font-mono break-words whitespace-pre-wrap">
            {JSON.stringify(row.payload, null, 2)}
          </pre>
        </details>
      ) : null}
    </li>
  );
}
