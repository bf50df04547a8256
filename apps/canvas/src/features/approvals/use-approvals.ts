// Use approvals: what waits for a decision, in the organisation or for one role; read again when an event tells of it.

import { approvals } from '@molecule/contracts';
import { LIMITS } from '@molecule/domain';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { useCanvas, useTools } from '../../store/canvas-context.ts';
import { newestApprovalOf, type Pending, toPending } from './model.ts';

const LISTED = String(LIMITS.approvalsListedMax);
const ROWS_OF_ROLE = '20';
/** Requests also end by time, which an event tells; this catches what a broken link missed. */
const REREAD_MS = 60_000;

export function usePendingApprovals() {
  const { call } = useTools();
  useRereading();
  return useQuery<Pending[]>({
    queryKey: ['approvals', 'pending'],
    queryFn: async ({ signal }) =>
      (await call(approvals.listPendingApprovals, { query: { limit: LISTED }, signal })).map(toPending),
    refetchInterval: REREAD_MS,
  });
}

export function useRoleApprovals(roleId: string) {
  const { call } = useTools();
  useRereading();
  return useQuery<approvals.ApprovalRow[]>({
    queryKey: ['approvals', roleId],
    queryFn: ({ signal }) =>
      call(approvals.listApprovals, { params: { id: roleId }, query: { limit: ROWS_OF_ROLE }, signal }),
  });
}

function useRereading(): void {
  const client = useQueryClient();
  const newestId = useCanvas((canvas) => newestApprovalOf(canvas.feed));
  useEffect(() => {
    if (newestId !== undefined) void client.invalidateQueries({ queryKey: ['approvals'] });
  }, [client, newestId]);
}
