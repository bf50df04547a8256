// Use decide: approves or denies, one after the other; what others decided meanwhile is told and never decided twice.

import { CallError } from '@molecule/client';
import { approvals } from '@molecule/contracts';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTools } from '../../store/canvas-context.ts';
import { failureWords } from '../workspaces/role-actions.ts';
import type { Pending, Verdict } from './model.ts';

export function useDecide() {
  const { call, store } = useTools();
  const client = useQueryClient();
  const [isBusy, setBusy] = useState(false);
  const decide = async (rows: readonly Pending[], verdict: Verdict) => {
    const route = verdict === 'approve' ? approvals.approveApproval : approvals.denyApproval;
    const { notify } = store.getState();
    setBusy(true);
    let done = 0;
    try {
      for (const row of rows) {
        try {
          await call(route, { params: { id: row.roleId, approvalId: row.id } });
          done++;
        } catch (error) {
          const isGone = error instanceof CallError && error.status === 404;
          const title = isGone
            ? 'This was decided meanwhile'
            : `Not ${verdict === 'approve' ? 'approved' : 'denied'}`;
          notify({ tone: 'error', title, detail: isGone ? row.action : failureWords(error) });
        }
      }
    } finally {
      setBusy(false);
      await client.invalidateQueries({ queryKey: ['approvals'] });
    }
    const word = verdict === 'approve' ? 'Approved' : 'Denied';
    if (done > 0)
      notify({
        tone: 'plain',
        title: done === 1 ? `${word}: ${rows[0]?.action}` : `${word} ${done} requests`,
      });
  };
  return { decide, isBusy };
}
