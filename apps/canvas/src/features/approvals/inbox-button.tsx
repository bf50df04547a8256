// Inbox button: how many requests wait, in the top bar, and the door to them.

import { say } from '../../languages/say.ts';
import { useCanvas, useTools } from '../../store/canvas-context.ts';
import { IconButton } from '../../ui/button.tsx';
import { useApprovalNotes } from './use-approval-notes.ts';
import { usePendingApprovals } from './use-approvals.ts';

export function InboxButton() {
  const { store } = useTools();
  const { data } = usePendingApprovals();
  const isOpen = useCanvas((canvas) => canvas.panel.kind === 'approvals');
  useApprovalNotes(data);
  const count = data?.length ?? 0;
  return (
    <span className="relative inline-flex">
      <IconButton
        icon="inbox"
        label={
          count === 0
            ? say('approvals.approvalsNothingWaits')
            : say('approvals.approvalsCountWaitFor', { count })
        }
        aria-pressed={isOpen}
        onClick={() => store.setState({ panel: isOpen ? { kind: 'closed' } : { kind: 'approvals' } })}
      />
      {count > 0 ? (
        <span
          aria-hidden="true"
          className="pointer-events-none absolute top-0 end-0 flex h-4 min-w-4 items-center justify-center rounded-round bg-warn px-1 text-note leading-none font-semibold text-surface"
        >
          {count > 99 ? '99+' : count}
        </span>
      ) : null}
      <span role="status" className="sr-only">
        {count > 0 ? say('approvals.countApprovalRequestsWait', { count }) : ''}
      </span>
    </span>
  );
}
