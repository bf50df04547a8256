// Approvals inbox: everything that waits for a decision, decided one by one or many at once.

import { useState } from 'react';
import { say } from '../../languages/say.ts';
import { useTools } from '../../store/canvas-context.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Empty } from '../../ui/empty.tsx';
import { useNow } from '../../ui/use-now.ts';
import { Reading } from '../activity/activity-tab.tsx';
import { failureWords } from '../workspaces/role-actions.ts';
import { ApprovalCard } from './approval-card.tsx';
import type { Pending, Verdict } from './model.ts';
import { useNotesConsent } from './use-approval-notes.ts';
import { usePendingApprovals } from './use-approvals.ts';
import { useDecide } from './use-decide.ts';

const NAMED = 5;

export function ApprovalsInbox() {
  const { store } = useTools();
  const { data, error, isPending, refetch } = usePendingApprovals();
  const { decide, isBusy } = useDecide();
  const [chosenIds, setChosenIds] = useState<ReadonlySet<string>>(new Set());
  const [asked, setAsked] = useState<Verdict | null>(null);
  const now = useNow(1_000);
  if (isPending) return <Reading />;
  if (error && !data) {
    return (
      <Empty icon="failed" title={say('approvals.theRequestsWereNot')}>
        <p className="mt-0">{failureWords(error)}</p>
        <Button onClick={() => void refetch()}>{say('approvals.tryAgain')}</Button>
      </Empty>
    );
  }
  const rows = data ?? [];
  const chosen = rows.filter(({ id }) => chosenIds.has(id));
  const toggle = ({ id }: Pending) => {
    const next = new Set(chosenIds);
    if (!next.delete(id)) next.add(id);
    setChosenIds(next);
  };
  const decideChosen = async (verdict: Verdict) => {
    setAsked(null);
    await decide(chosen, verdict);
    setChosenIds(new Set());
  };
  return (
    <div className="flex min-h-0 flex-1 flex-col border-t border-line">
      {rows.length > 1 ? (
        <BatchBar
          total={rows.length}
          chosen={chosen.length}
          isBusy={isBusy}
          onAll={() => setChosenIds(new Set(chosen.length === rows.length ? [] : rows.map(({ id }) => id)))}
          onAsk={setAsked}
        />
      ) : null}
      <div className="min-h-0 flex-1 overflow-y-auto">
        {rows.length === 0 ? (
          <Empty icon="inbox" title={say('approvals.nothingWaitsForYou')}>
            {say('approvals.whenARoleMust')}
          </Empty>
        ) : (
          <ul className="m-0 list-none p-0" aria-label={say('approvals.requestsNewestFirst')}>
            {rows.map((row) => (
              <ApprovalCard
                key={row.id}
                row={row}
                now={now}
                isBusy={isBusy}
                onDecide={(one, verdict) => void decide([one], verdict)}
                {...(rows.length > 1 ? { isChosen: chosenIds.has(row.id), onChoose: toggle } : {})}
                onOpenRole={({ roleId }) =>
                  store.setState({ panel: { kind: 'role', id: roleId, tab: 'details' } })
                }
              />
            ))}
          </ul>
        )}
      </div>
      <Footer hasRows={rows.length > 0} />
      <Dialog
        isOpen={asked !== null}
        onClose={() => setAsked(null)}
        title={say(asked === 'deny' ? 'approvals.denyAllOf' : 'approvals.approveAllOf', {
          count: chosen.length,
        })}
        description={say('approvals.aDecisionIsTold')}
      >
        <ul className="mt-3 mb-0 list-none rounded-m bg-sunken px-3 py-2.5">
          {chosen.slice(0, NAMED).map((row) => (
            <li key={row.id} className="truncate">
              <strong className="font-semibold">{row.roleName}</strong>: {row.action}
            </li>
          ))}
          {chosen.length > NAMED ? (
            <li>{say('approvals.andCountMore', { count: chosen.length - NAMED })}</li>
          ) : null}
        </ul>
        <div className="mt-5 flex justify-end gap-2">
          <Button onClick={() => setAsked(null)}>{say('approvals.goBack')}</Button>
          <Button
            look={asked === 'deny' ? 'danger' : 'primary'}
            onClick={() => asked && void decideChosen(asked)}
          >
            {say(asked === 'deny' ? 'approvals.denyCount' : 'approvals.approveCount', {
              count: chosen.length,
            })}
          </Button>
        </div>
      </Dialog>
    </div>
  );
}

interface BatchBarProps {
  total: number;
  chosen: number;
  isBusy: boolean;
  onAll: () => void;
  onAsk: (verdict: Verdict) => void;
}

function BatchBar({ total, chosen, isBusy, onAll, onAsk }: BatchBarProps) {
  return (
    <div className="flex items-center gap-2 border-b border-line bg-sunken px-5 py-2">
      <label className="me-auto flex items-center gap-3">
        <input type="checkbox" checked={chosen === total} onChange={onAll} className="size-4 accent-motion" />
        {chosen > 0
          ? say('approvals.chosenOfTotal', { chosen, total })
          : say('approvals.allTotal', { total })}
      </label>
      <Button disabled={chosen === 0 || isBusy} onClick={() => onAsk('approve')}>
        {say('approvals.approveChosen')}
      </Button>
      <Button look="danger" disabled={chosen === 0 || isBusy} onClick={() => onAsk('deny')}>
        {say('approvals.denyChosen')}
      </Button>
    </div>
  );
}

function Footer({ hasRows }: { hasRows: boolean }) {
  const [consent, choose] = useNotesConsent();
  return (
    <footer className="flex items-center justify-between gap-3 border-t border-line px-5 py-2.5 text-note text-ink-soft">
      <span>
        {hasRows ? say('approvals.yApprovesNDenies') : say('approvals.unansweredRequestsAreDenied')}
      </span>
      {consent === 'on' || consent === 'off' ? (
        <Button look="quiet" className="h-7 text-note" onClick={() => void choose(consent === 'off')}>
          {consent === 'on' ? say('approvals.stopNotifyingMe') : say('approvals.notifyMe')}
        </Button>
      ) : consent === 'refused' ? (
        <span>{say('approvals.notificationsAreOffIn')}</span>
      ) : null}
    </footer>
  );
}
