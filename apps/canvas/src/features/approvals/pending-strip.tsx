// Pending strip: says above a role's tabs that it waits for a decision, and leads there.

import { say } from '../../languages/say.ts';
import { useTools } from '../../store/canvas-context.ts';
import { Icon } from '../../ui/icon.tsx';
import { usePendingApprovals } from './use-approvals.ts';

export function PendingStrip({ roleId }: { roleId: string }) {
  const { store } = useTools();
  const { data } = usePendingApprovals();
  const count = (data ?? []).filter((row) => row.roleId === roleId).length;
  if (count === 0) return null;
  return (
    <button
      type="button"
      onClick={() => store.setState({ panel: { kind: 'role', id: roleId, tab: 'details' } })}
      className="mx-5 mb-1 flex items-center gap-2 rounded-s bg-warn-soft px-3 py-1.5 text-start"
    >
      <Icon name="inbox" className="text-warn" />
      {count === 1 ? say('approvals.aRequestWaitsFor') : say('approvals.countRequestsWaitFor', { count })}
    </button>
  );
}
