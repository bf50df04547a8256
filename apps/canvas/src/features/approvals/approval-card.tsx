// Approval card: one request: who asks, for what, why, and how long there is to decide.

import type { KeyboardEvent } from 'react';
import { say } from '../../languages/say.ts';
import { Button } from '../../ui/button.tsx';
import { agoWords } from '../../ui/relative-time.ts';
import { deadlineWords, isUrgent, type Pending, type Verdict } from './model.ts';

interface ApprovalCardProps {
  row: Pending;
  now: number;
  isBusy: boolean;
  onDecide: (row: Pending, verdict: Verdict) => void;
  /** Absent where nothing can be chosen. */
  isChosen?: boolean;
  onChoose?: (row: Pending) => void;
  onOpenRole?: (row: Pending) => void;
}

export function ApprovalCard({
  row,
  now,
  isBusy,
  onDecide,
  isChosen,
  onChoose,
  onOpenRole,
}: ApprovalCardProps) {
  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    if (event.metaKey || event.ctrlKey || event.altKey || isBusy) return;
    const key = event.key.toLowerCase();
    const step = key === 'arrowdown' ? 1 : key === 'arrowup' ? -1 : 0;
    if (step !== 0) moveFocus(event.currentTarget, step);
    else if (key === 'y') onDecide(row, 'approve');
    else if (key === 'n') onDecide(row, 'deny');
    else if (key === 'x' && onChoose) onChoose(row);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const late = isUrgent(row.askedAtMs, now);
  return (
    <li
      data-approval-id={row.id}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: the keys Y, N and X act on the request that has the focus
      tabIndex={0}
      aria-label={`${row.roleName}: ${row.action}`}
      onKeyDown={onKeyDown}
      className="flex gap-3 border-b border-line px-5 py-3.5 last:border-b-0 focus-visible:-outline-offset-2"
    >
      {onChoose ? (
        <input
          type="checkbox"
          checked={isChosen ?? false}
          onChange={() => onChoose(row)}
          aria-label={say('approvals.chooseActionOfRolename', { action: row.action, roleName: row.roleName })}
          className="mt-1 size-4 shrink-0 accent-motion"
        />
      ) : null}
      <div className="min-w-0 flex-1">
        <p className="m-0 flex items-baseline justify-between gap-3 text-note text-ink-soft">
          {onOpenRole ? (
            <button
              type="button"
              onClick={() => onOpenRole(row)}
              className="truncate font-semibold text-ink underline-offset-2 hover:underline"
            >
              {row.roleName}
            </button>
          ) : (
            <span className="truncate">
              {say('approvals.askedWhen', { when: agoWords(row.askedAtMs, now) })}
            </span>
          )}
          <span className="shrink-0">
            {onOpenRole ? `${agoWords(row.askedAtMs, now)} · ` : null}
            <span className={late ? 'font-semibold text-fail' : ''}>{deadlineWords(row.askedAtMs, now)}</span>
          </span>
        </p>
        <p className="mt-1 mb-0 font-semibold break-words">{row.action}</p>
        {row.reason ? (
          <p className="mt-0.5 mb-0 max-h-32 overflow-y-auto break-words whitespace-pre-wrap text-ink-soft">
            {row.reason}
          </p>
        ) : (
          <p className="mt-0.5 mb-0 text-ink-soft italic">{say('approvals.noReasonGiven')}</p>
        )}
        <div className="mt-2.5 flex gap-2">
          <Button icon="online" disabled={isBusy} onClick={() => onDecide(row, 'approve')}>
            {say('approvals.approve')}
          </Button>
          <Button icon="failed" look="danger" disabled={isBusy} onClick={() => onDecide(row, 'deny')}>
            {say('approvals.deny')}
          </Button>
        </div>
      </div>
    </li>
  );
}

function moveFocus(from: HTMLElement, step: 1 | -1): void {
  const next = step === 1 ? from.nextElementSibling : from.previousElementSibling;
  if (next instanceof HTMLElement) next.focus();
}
