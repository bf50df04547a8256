// Use activity rows: the stored activity of one role, read again when something of it was told live.

import { activity } from '@molecule/contracts';
import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { useCanvas, useTools } from '../../store/canvas-context.ts';

const ROWS = '200';
const SETTLE_MS = 150;

export function useActivityRows(roleId: string) {
  const { call } = useTools();
  const client = useQueryClient();
  const newestId = useCanvas((canvas) => canvas.feed.find((item) => item.workspaceId === roleId)?.id);
  const query = useQuery({
    queryKey: ['activity', roleId],
    queryFn: ({ signal }) =>
      call(activity.listActivity, { params: { id: roleId }, query: { limit: ROWS }, signal }),
    placeholderData: keepPreviousData,
  });
  useEffect(() => {
    if (newestId === undefined) return;
    const timer = setTimeout(
      () => void client.invalidateQueries({ queryKey: ['activity', roleId] }),
      SETTLE_MS,
    );
    return () => clearTimeout(timer);
  }, [client, roleId, newestId]);
  return query;
}
