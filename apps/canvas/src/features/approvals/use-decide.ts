// Use decide: approves or denies, one after the other; what others decided meanwhile is told and never decided twice.

import { CallError } from '@molecule/client';
import { approvals } from '@molecule/contracts';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { say } from '../../languages/say.ts';
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
            ? say('approvals.thisWasDecidedMeanwhile')
            : say(verdict === 'approve' ? 'approvals.notApproved' : 'approvals.notDenied');
          notify({ tone: 'error', title, detail: isGone ? row.action : failureWords(error) });
        }
      }
    } finally {
      setBusy(false);
      await client.invalidateQueries({ queryKey: ['approvals'] });
    }
    const isApproved = verdict === 'approve';
    if (done > 0)
      notify({
        tone: 'plain',
        title:
          done === 1
            ? say(isApproved ? 'approvals.approvedOne' : 'approvals.deniedOne', {
                action: rows[0]?.action ?? '',
              })
            : say(isApproved ? 'approvals.approvedMany' : 'approvals.deniedMany', { count: done }),
      });
  };
  return { decide, isBusy };
}
