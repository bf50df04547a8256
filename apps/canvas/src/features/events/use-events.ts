// Use events: stored events of one role or of all, newest first, page by page; read again, at most once a second, when
// something new was told.

import { events } from '@molecule/contracts';
import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { useCanvas, useTools } from '../../store/canvas-context.ts';
import type { EventFilter } from './model.ts';

const PAGE = 50;
const REREAD_MS = 1_000;

export function useEvents(roleId: string | null, filter: EventFilter) {
  const { call } = useTools();
  const client = useQueryClient();
  const lastSeq = useCanvas((canvas) => canvas.lastSeq);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new sequence number is the reason to read again
  useEffect(() => {
    const timer = setTimeout(
      () => void client.invalidateQueries({ queryKey: ['events', roleId, filter] }),
      REREAD_MS,
    );
    return () => clearTimeout(timer);
  }, [client, roleId, filter, lastSeq]);
  return useInfiniteQuery({
    queryKey: ['events', roleId, filter],
    retry: false,
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) => {
      const query = {
        limit: String(PAGE),
        ...(filter === 'audit' ? { type: 'AUDIT' } : {}),
        ...(pageParam === null ? {} : { before: pageParam }),
      };
      return roleId === null
        ? call(events.listEvents, { query, signal })
        : call(events.listWorkspaceEvents, { params: { workspaceId: roleId }, query, signal });
    },
    getNextPageParam: (page) => (page.length < PAGE ? undefined : beforeOf(page)),
  });
}

/** Events of one millisecond may stand on both sides of a page's end: that one is read again, if it does not fill the page. */
function beforeOf(page: readonly events.EventRow[]): string {
  const lastMs = Date.parse(page.at(-1)?.created_at ?? '');
  const firstMs = Date.parse(page[0]?.created_at ?? '');
  return new Date(firstMs === lastMs ? lastMs : lastMs + 1).toISOString();
}
